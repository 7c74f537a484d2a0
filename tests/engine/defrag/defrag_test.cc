#include "engine/defrag/defrag.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>

#include "decoders/checksum.h"
#include "engine/tcp/stream_settings.h"
#include "tests/decoders/wire_bytes.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::engine;
using namespace weir::test;

namespace {

constexpr TimeUs kSecond = 1'000'000;

// Feeds frames to a defragmenter and keeps what it gives back.
struct Bench {
  explicit Bench(const DefragSettings& settings = {}) : defrag(settings) {}
  Defragmenter defrag;
  TimeUs now = 1000 * kSecond;
  std::unique_ptr<Packet> fragment = std::make_unique<Packet>(), whole = std::make_unique<Packet>();
  std::vector<Wire> frames;  // the fragments' bytes
  std::vector<std::uint8_t> datagram;

  // The reassembled frame, or nothing; `whole` is then decoded from it.
  std::string feed(const Wire& wire, int link_type = 101) {
    frames.push_back(wire);
    RawPacket raw;
    raw.bytes = view(frames.back());
    raw.time = now;
    raw.link_type = link_type;
    const DecodeSettings settings;
    decode_packet(raw, *fragment, settings);
    REQUIRE(fragment->ip.is_fragment);
    if (!defrag.absorb(*fragment, datagram)) return {};
    decode_datagram(*fragment, datagram, *whole, settings);
    return text(datagram);
  }
  [[nodiscard]] bool noted(Anomaly what) const {
    for (const Fault& f : fragment->faults)
      if (f.what == what) return true;
    return false;
  }
};

// A piece of `data` as an IPv4 fragment; offsets and lengths in units of 8 bytes.
Wire piece4(const Wire& data, std::size_t offset, std::size_t length, bool more, std::uint16_t id = 7) {
  Ipv4 header;
  header.id = id;
  header.fragment = static_cast<std::uint16_t>((more ? 0x2000U : 0U) | offset);
  return ipv4(header, data.substr(offset * 8, length * 8));
}
Wire piece6(const Wire& data, std::size_t offset, std::size_t length, bool more, std::uint8_t next = 17,
            std::uint32_t id = 7) {
  return ipv6(44, u8(next) + u8(0) + u16(offset * 8 + (more ? 1 : 0)) + u32(id) +
                      data.substr(offset * 8, length * 8));
}

// The bytes a host would deliver, written plainly: one cell a byte, each with the fragment that it came from.
class PlainReference {
 public:
  explicit PlainReference(FragmentPolicy policy) : policy_(policy) {}
  void add(std::uint32_t begin, const std::string& data, bool last) {
    const Owner mine{begin, begin + static_cast<std::uint32_t>(data.size())};
    for (std::uint32_t i = 0; i < data.size(); ++i) {
      const auto [cell, fresh] = cells_.try_emplace(begin + i, Cell{data[i], mine});
      if (!fresh && new_wins(cell->second.owner, mine)) cell->second = {data[i], mine};
    }
    last_ |= last;
  }
  [[nodiscard]] bool complete() const {
    return last_ && !cells_.empty() && cells_.rbegin()->first + 1 == cells_.size();
  }
  [[nodiscard]] std::string bytes() const {
    std::string out;
    for (const auto& [at, cell] : cells_) out.push_back(cell.byte);
    return out;
  }

 private:
  struct Owner {
    std::uint32_t begin, end;
  };
  struct Cell {
    char byte;
    Owner owner;
  };
  [[nodiscard]] bool new_wins(const Owner& old, const Owner& fresh) const {
    switch (policy_) {
      case FragmentPolicy::bsd: return !(old.begin <= fresh.begin);
      case FragmentPolicy::bsd_right: return !(old.begin > fresh.begin);
      case FragmentPolicy::old_linux: return !(old.begin < fresh.begin);
      case FragmentPolicy::linux_:  // gives up datagrams: not among kPolicies
      case FragmentPolicy::first: return false;
      case FragmentPolicy::last: return true;
      case FragmentPolicy::windows: return fresh.begin < old.begin && old.end < fresh.end;
      case FragmentPolicy::solaris: return fresh.begin < old.begin && old.end <= fresh.end;
    }
    return false;
  }
  FragmentPolicy policy_;
  std::map<std::uint32_t, Cell> cells_;
  bool last_ = false;
};

// All receivers run `system`.
std::shared_ptr<const HostOsPolicies> host_os(const std::string& system) {
  return HostOsPolicies::from(FakeSettings{{"host-os-policy." + system, "0.0.0.0/0"}});
}

constexpr FragmentPolicy kPolicies[] = {
    FragmentPolicy::bsd,  FragmentPolicy::bsd_right, FragmentPolicy::old_linux, FragmentPolicy::first,
    FragmentPolicy::last, FragmentPolicy::windows,   FragmentPolicy::solaris};

}  // namespace

TEST_CASE("fragment intervals: random fragments give what a byte-by-byte reference gives, for every policy") {
  std::mt19937 generator(20240611);
  const auto random = [&generator] { return static_cast<std::uint32_t>(generator()); };
  for (int round = 0; round < 3000; ++round) {
    const FragmentPolicy policy = kPolicies[static_cast<std::size_t>(round) % std::size(kPolicies)];
    FragmentIntervals ours;
    PlainReference reference(policy);
    const std::uint32_t total = 1 + random() % 80;
    for (int n = 0; n < 40; ++n) {
      CAPTURE(round);
      CAPTURE(n);
      const std::uint32_t begin = random() % total;
      const std::uint32_t length = 1 + random() % std::min<std::uint32_t>(total - begin, 24);
      std::string data(length, '\0');
      for (char& c : data) c = static_cast<char>(random());
      const bool last = begin + length == total && random() % 4 == 0;
      REQUIRE(ours.add(begin, view(data), last, policy) != FragmentIntervals::Added::full);
      reference.add(begin, data, last);
      REQUIRE(ours.complete() == reference.complete());
      if (!ours.complete()) continue;
      std::string got(ours.size(), '\0');
      ours.copy_to(reinterpret_cast<std::uint8_t*>(got.data()));
      REQUIRE(got == reference.bytes());
      break;
    }
  }
}

TEST_CASE("fragment intervals: limits hold, and nothing changes when they are met") {
  FragmentIntervals many;
  const Wire byte = "x";
  for (std::uint32_t i = 0; i < FragmentIntervals::kMaxIntervals; ++i)
    REQUIRE(many.add(2 * i, view(byte), false, FragmentPolicy::bsd) == FragmentIntervals::Added::clean);
  CHECK(many.add(100000, view(byte), false, FragmentPolicy::bsd) == FragmentIntervals::Added::full);
  CHECK(many.add(1, view(byte), false, FragmentPolicy::bsd) == FragmentIntervals::Added::full);
  CHECK(many.add(0, view(byte), false, FragmentPolicy::bsd) == FragmentIntervals::Added::overlap);
  CHECK(many.count() == FragmentIntervals::kMaxIntervals);

  FragmentIntervals overwritten;
  const Wire large(60000, 'y');
  bool full = false;
  for (int i = 0; i < 10; ++i)
    full |= overwritten.add(0, view(large), false, FragmentPolicy::last) == FragmentIntervals::Added::full;
  CHECK(full);
  CHECK(overwritten.memory_bytes() < 2 * FragmentIntervals::kMaxKeptBytes);
}

TEST_CASE("defrag: an IPv4 datagram comes back as it was before it was cut, in any order") {
  const Wire data = udp(5, 6, Wire(20, 'a') + Wire(20, 'b'));
  const Wire pieces[] = {piece4(data, 0, 2, true), piece4(data, 2, 2, true), piece4(data, 4, 2, false)};
  const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (const auto& order : orders) {
    Bench bench;
    CHECK(bench.feed(pieces[order[0]]).empty());
    CHECK(bench.feed(pieces[order[1]]).empty());
    Wire expected = ipv4({.id = 7}, data);
    expected.replace(10, 2, u16(internet_checksum(view(expected).first(20))));
    CHECK(bench.feed(pieces[order[2]]) == expected);
    const Packet& whole = *bench.whole;
    CHECK(whole.origin == PacketOrigin::defragmented);
    CHECK(whole.has_udp);
    CHECK(whole.payload.size() == 40);
    CHECK_FALSE(whole.ip.is_fragment);
    CHECK_FALSE(whole.ip_checksum_bad);
    CHECK(bench.defrag.size() == 0);
    CHECK(bench.defrag.memory_bytes() == 0);
    CHECK(bench.defrag.counters().ipv4.fragments == 3);
    CHECK(bench.defrag.counters().ipv4.reassembled == 1);
  }
}

TEST_CASE("defrag: the largest datagram may come in the smallest fragments, in any order") {
  const std::size_t units = (65535 - 20) / 8;  // all of them whole
  Wire data(units * 8, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 37 + (i >> 8U));
  std::vector<std::size_t> order(units);
  std::iota(order.begin(), order.end(), std::size_t{0});
  SUBCASE("first to last") {}
  SUBCASE("last to first") {
    std::reverse(order.begin(), order.end());
  }
  SUBCASE("mixed") {
    std::shuffle(order.begin(), order.end(), std::mt19937(5));
  }
  SUBCASE("every other one first") {
    std::stable_partition(order.begin(), order.end(), [](std::size_t unit) { return unit % 2 != 0; });
  }
  Bench bench;
  bench.frames.reserve(units);
  std::string whole;
  for (const std::size_t unit : order) {
    REQUIRE(whole.empty());
    whole = bench.feed(piece4(data, unit, 1, unit + 1 != units));
  }
  REQUIRE(whole.size() == 20 + data.size());
  CHECK(whole.substr(20) == data);
  CHECK(bench.defrag.memory_bytes() == 0);
}

TEST_CASE("defrag: an IPv6 datagram loses its fragment header") {
  const Wire data = udp(5, 6, Wire(40, 'z'));
  Bench bench;
  CHECK(bench.feed(piece6(data, 2, 4, false, 99)).empty());
  const Wire hop = u8(44) + u8(0) + u32(0x05020000) + u16(0x0100);  // router alert, padding
  Wire first = ipv6(0, hop + u8(17) + u8(0) + u16(1) + u32(7) + data.substr(0, 16));
  Wire expected = ipv6(0, hop + data);
  expected.replace(40, 1, u8(17));
  CHECK(bench.feed(first) == expected);
  CHECK(bench.whole->has_udp);
  CHECK(bench.whole->ip.protocol == 17);  // the first fragment's, not the other's
  CHECK(bench.defrag.counters().ipv6.reassembled == 1);
}

TEST_CASE("defrag: the link headers come in front, and VLANs and addresses stay") {
  const Wire data = udp(5, 6, Wire(16, 'q'));
  const auto frame = [&](std::size_t offset, std::size_t length, bool more) {
    return ethernet(0x8100, u16(12) + u16(0x0800) + piece4(data, offset, length, more));
  };
  Bench bench;
  CHECK(bench.feed(frame(0, 1, true), 1).empty());
  const std::string whole = bench.feed(frame(1, 2, false), 1);
  CHECK(whole.substr(0, 18) == frame(0, 0, true).substr(0, 18));
  CHECK(whole.size() == 18 + 20 + data.size());
  CHECK(bench.whole->frame.size() == whole.size());
  CHECK(bench.whole->layers.front().proto == Proto::ipv4);
  CHECK(bench.whole->layers.front().offset == 18);
  CHECK(bench.whole->vlan_count == 1);
  CHECK(bench.whole->vlan_ids[0] == 12);
  CHECK(bench.whole->ether_source.size() == 6);
}

TEST_CASE("defrag: overlaps are noted and resolved by the policy") {
  const Wire old(32, 'o'), fresh(32, 'n');
  for (const auto& [policy, expected] : {std::pair{FragmentPolicy::bsd, Wire(24, 'o')},
                                         {FragmentPolicy::last, Wire(8, 'o') + Wire(16, 'n')}}) {
    DefragSettings settings;
    settings.receivers.host_os = host_os(policy == FragmentPolicy::bsd ? "bsd" : "last");
    Bench bench(settings);
    CHECK(bench.feed(piece4(old, 0, 2, true)).empty());
    CHECK_FALSE(bench.noted(Anomaly::ipv4_frag_overlap));
    const std::string whole = bench.feed(piece4(policy == FragmentPolicy::bsd ? old : fresh, 1, 2, false));
    CHECK(bench.noted(Anomaly::ipv4_frag_overlap));
    CHECK(whole.substr(20) == expected);
  }
  Bench six;
  CHECK(six.feed(piece6(old, 0, 2, true)).empty());
  CHECK(six.feed(piece6(old, 0, 2, true)).empty());
  CHECK(six.noted(Anomaly::ipv6_frag_overlap));
}

TEST_CASE(
    "defrag: a fragment before the last counts in whole units; over IPv6 one that is not whole does not "
    "count") {
  const Wire data = udp(5, 6, Wire(16, 'a'));
  Ipv4 header;
  header.id = 7;
  header.fragment = 0x2000;
  Bench bench;
  CHECK(bench.feed(ipv4(header, data.substr(0, 16) + "junk")).empty());
  const std::string whole = bench.feed(piece4(data, 2, 1, false));
  REQUIRE(whole.size() == 20 + data.size());
  CHECK(whole.substr(20) == data);
  CHECK_FALSE(bench.noted(Anomaly::ipv4_frag_overlap));
  Bench six;
  CHECK(six.feed(ipv6(44, u8(17) + u8(0) + u16(1) + u32(7) + Wire(21, 'j'))).empty());
  CHECK(six.noted(Anomaly::ipv6_frag_invalid_length));
  CHECK(six.defrag.size() == 0);
  CHECK(six.feed(piece6(data, 0, 2, true)).empty());
  CHECK(six.feed(piece6(data, 2, 1, false)) == ipv6(17, data));
}

TEST_CASE("defrag: Linux gives up a datagram that contradicts itself, and takes it when it comes anew") {
  const Wire data = udp(5, 6, Wire(16, 'a')), junk(500, 'j');
  const auto feed = [](std::initializer_list<Wire> pieces) {
    DefragSettings settings;
    settings.receivers.host_os = host_os("linux");
    Bench bench(settings);
    std::string whole;
    for (const Wire& piece : pieces) whole = bench.feed(piece);
    return whole.empty() ? whole : whole.substr(20);
  };
  const Wire first = piece4(data, 0, 2, true), last = piece4(data, 2, 1, false),
             beyond = piece4(junk, 50, 1, true);
  CHECK(feed({first, beyond, last}).empty());
  CHECK(feed({first, beyond, last, first, last}) == data);
  CHECK(feed({last, beyond, first}).empty());
  CHECK(feed({last, beyond, first, last}) == data);
  CHECK(feed({last, piece4(junk, 1, 1, false), first}).empty());
  CHECK(feed({last, piece4(junk, 1, 1, false), first, last}) == data);
  CHECK(feed({piece4(junk, 0, 2, true), piece4(junk, 1, 2, true), first, last}) == data);
  CHECK(feed({first, first, last}) == data);
  CHECK(feed({first, piece4(junk, 0, 2, true), last}) == data);  // nothing new: the old one stays
}

TEST_CASE("defrag: a fragment that ends behind the largest datagram is noted and left out") {
  const Wire data(200, 'x');
  Bench bench;
  Ipv4 header;
  header.fragment = 0x1fff;
  CHECK(bench.feed(ipv4(header, data)).empty());
  CHECK(bench.noted(Anomaly::ipv4_frag_pkt_too_large));
  CHECK(bench.defrag.size() == 0);
  CHECK(bench.feed(ipv6(44, u8(17) + u8(0) + u16(0xfff8) + u32(1) + data)).empty());
  CHECK(bench.noted(Anomaly::ipv6_frag_pkt_too_large));
}

TEST_CASE("defrag: datagrams are told apart by id, protocol, addresses, family and VLAN") {
  const Wire data(32, 'x');
  Bench bench;
  CHECK(bench.feed(piece4(data, 0, 2, true, 1)).empty());
  CHECK(bench.feed(piece4(data, 2, 2, false, 2)).empty());
  Ipv4 tcp;
  tcp.id = 1;
  tcp.protocol = 6;
  tcp.fragment = 2;
  CHECK(bench.feed(ipv4(tcp, data.substr(16))).empty());
  Ipv4 other;
  other.id = 1;
  other.source = 99;
  other.fragment = 2;
  CHECK(bench.feed(ipv4(other, data.substr(16))).empty());
  CHECK(bench.feed(ethernet(0x8100, u16(9) + u16(0x0800) + piece4(data, 2, 2, false, 1)), 1).empty());
  CHECK(bench.feed(piece6(data, 2, 2, false, 17, 1)).empty());
  CHECK(bench.defrag.size() == 6);
  CHECK_FALSE(bench.feed(piece4(data, 2, 2, false, 1)).empty());
}

TEST_CASE("defrag: a datagram without a new fragment for its timeout is given up") {
  const Wire data(32, 'x');
  Bench bench;
  CHECK(bench.feed(piece4(data, 0, 2, true)).empty());
  bench.now += 60 * kSecond;
  CHECK_FALSE(bench.feed(piece4(data, 2, 2, false)).empty());
  CHECK(bench.feed(piece4(data, 0, 2, true)).empty());
  bench.now += 60 * kSecond + 1;
  CHECK(bench.feed(piece4(data, 2, 2, false)).empty());
  CHECK(bench.defrag.counters().ipv4.timeouts == 1);
  CHECK(bench.defrag.size() == 1);
}

TEST_CASE("defrag: memory, datagrams and fragments are bounded; the oldest goes first") {
  const Wire data(8 * 400, 'x');
  SUBCASE("memory") {
    DefragSettings settings;
    settings.memcap_bytes = 100'000;
    Bench bench(settings);
    for (std::uint16_t id = 0; id < 300; ++id) {
      CHECK(bench.feed(piece4(data, 0, 100, true, id)).empty());
      CHECK(bench.defrag.memory_bytes() <= 100'000);
    }
    CHECK(bench.defrag.counters().memcap_reached > 100);
    CHECK(bench.feed(piece4(data, 100, 10, false, 0)).empty());          // long gone
    CHECK_FALSE(bench.feed(piece4(data, 100, 10, false, 299)).empty());  // still there
  }
  SUBCASE("datagrams") {
    DefragSettings settings;
    settings.max_trackers = 10;
    settings.hash_size = 1;
    Bench bench(settings);
    for (std::uint16_t id = 0; id < 25; ++id) CHECK(bench.feed(piece4(data, 0, 2, true, id)).empty());
    CHECK(bench.defrag.size() == 10);
    CHECK(bench.defrag.counters().max_trackers_reached == 15);
    CHECK_FALSE(bench.feed(piece4(data, 2, 2, false, 24)).empty());
  }
  SUBCASE("fragments") {
    DefragSettings settings;
    settings.max_fragments = 5;
    Bench bench(settings);
    CHECK(bench.feed(piece4(data, 0, 1, true, 8)).empty());
    for (std::uint16_t n = 0; n < 5; ++n) CHECK(bench.feed(piece4(data, 2 * n, 1, true)).empty());
    CHECK_FALSE(bench.noted(Anomaly::ipv4_frag_ignored));
    CHECK(bench.defrag.size() == 1);  // the other one made room
    CHECK(bench.defrag.counters().max_fragments_reached == 1);
    CHECK(bench.feed(piece4(data, 20, 1, true)).empty());  // more than all the room there is
    CHECK(bench.noted(Anomaly::ipv4_frag_ignored));
    CHECK(bench.defrag.refused());
    CHECK(bench.defrag.counters().max_fragments_reached == 2);
  }
}

TEST_CASE("defrag: random traffic with tiny limits stays within them") {
  DefragSettings settings;
  settings.memcap_bytes = 20'000;
  settings.max_trackers = 20;
  settings.max_fragments = 60;
  settings.hash_size = 4;
  Bench bench(settings);
  std::mt19937 random(7);
  const Wire data(8 * 64, 'x');
  for (int n = 0; n < 20000; ++n) {
    bench.now += n % 100 == 0 ? 61 * kSecond : 1000;
    const std::size_t offset = random() % 6, length = random() % 5;
    const bool more = random() % 3 != 0;
    const auto id = static_cast<std::uint16_t>(random() % 40);
    bench.frames.clear();
    const bool six = random() % 2 == 0;
    if (offset == 0 && !more) continue;
    (void)bench.feed(six ? piece6(data, offset, length, more, 17, id)
                         : piece4(data, offset, length, more, id));
    REQUIRE(bench.defrag.size() <= 20);
    REQUIRE(bench.defrag.memory_bytes() <= 20'000 + 10'000);  // one datagram may stand above the limit
  }
  CHECK(bench.defrag.counters().ipv4.timeouts > 0);
  CHECK(bench.defrag.counters().ipv4.reassembled > 0);
}

TEST_CASE("defrag: settings come from the configuration") {
  const auto config = Config::parse(R"(
defrag: {memcap: 1mb, hash-size: 8, timeout: 5}
vlan: {use-for-tracking: false}
)",
                                    "test", "");
  REQUIRE(config.has_value());
  const DefragSettings settings = DefragSettings::from(*config);
  CHECK(settings.memcap_bytes == 1024 * 1024);
  CHECK(settings.hash_size == 8);
  CHECK(settings.receivers.timeout_s == 5);
  CHECK(settings.max_trackers == 65535);
  CHECK_FALSE(settings.use_vlans);
}

TEST_CASE("defrag: fragments make room for the newest datagram, which loses nothing") {
  const Wire data = udp(5, 6, Wire(24, 'v'));
  DefragSettings settings;
  settings.max_fragments = 1;
  Bench bench(settings);
  CHECK(bench.feed(piece4(data, 0, 1, true, 1)).empty());
  CHECK(bench.feed(piece4(data, 0, 2, true, 2)).empty());
  CHECK_FALSE(bench.defrag.refused());
  CHECK(bench.defrag.size() == 1);
  CHECK(bench.feed(piece4(data, 2, 2, false, 1))
            .empty());  // its first fragment went, and it takes the other's room
  CHECK(bench.defrag.size() == 1);
}

TEST_CASE("defrag: a flood of datagrams that never become whole does not blind the others") {
  const Wire data = udp(5, 6, Wire(40, 'v')), filler(800, 'f');
  DefragSettings settings;
  SUBCASE("fragments") {
    settings.max_fragments = 200;
  }
  SUBCASE("datagrams") {
    settings.max_trackers = 200;
  }
  SUBCASE("memory") {
    settings.memcap_bytes = 200 * 1000;
  }
  Bench bench(settings);
  std::uint32_t id = 0;
  const auto flood = [&](int datagrams) {
    for (int n = 0; n < datagrams; ++n) CHECK(bench.feed(piece6(filler, 1, 99, true, 17, ++id)).empty());
  };
  flood(500);  // the tables are full
  for (std::uint16_t victim = 1; victim <= 20; ++victim) {
    CHECK(bench.feed(piece4(data, 0, 2, true, victim)).empty());
    flood(50);
    CHECK(bench.feed(piece4(data, 2, 2, true, victim)).empty());
    flood(50);
    CHECK_FALSE(bench.feed(piece4(data, 4, 2, false, victim)).empty());
    bench.frames.clear();
  }
  CHECK(bench.defrag.counters().ipv4.reassembled == 20);
}

TEST_CASE("defrag: each receiver has the patience that the configuration gives it") {
  const auto config = Config::parse(R"(
defrag:
  timeout: 20
  host-config:
    - near: {timeout: 5, address: [10.0.0.0/24, nonsense, 10.0.0.0/33]}
    - one: {timeout: 50, address: 10.0.0.9}
    - rest: {timeout: 10, address: [any]}
)",
                                    "test", "");
  REQUIRE(config.has_value());
  const FragmentReceivers receivers = FragmentReceivers::from(*config);
  CHECK(receivers.timeout_of(IpAddress::v4(0x0a000002)) == 5);
  CHECK(receivers.timeout_of(IpAddress::v4(0x0a000009)) == 50);
  CHECK(receivers.timeout_of(IpAddress::v4(0x0b000001)) == 10);
  CHECK(receivers.timeout_of(IpAddress{{0x20, 1}, 6}) == 10);
  CHECK(FragmentReceivers{}.timeout_of(IpAddress::v4(1)) == 60);

  DefragSettings settings;
  settings.receivers = receivers;
  const Wire data(32, 'x');
  Ipv4 patient;
  patient.destination = 0x0a000009;
  patient.fragment = 0x2000;
  Bench bench(settings);
  CHECK(bench.feed(ipv4(patient, data.substr(0, 16))).empty());  // the older one waits longer
  CHECK(bench.feed(piece4(data, 0, 2, true)).empty());
  bench.now += 6 * kSecond;
  CHECK(bench.feed(piece4(data, 2, 2, false)).empty());
  CHECK(bench.defrag.counters().ipv4.timeouts == 1);
  patient.fragment = 2;
  CHECK_FALSE(bench.feed(ipv4(patient, data.substr(16))).empty());
}

TEST_CASE("defrag: the receiver's system decides about overlaps") {
  const auto config = Config::parse(
      "host-os-policy: {linux: [10.0.0.0/24], windows: [0.0.0.0/0], last: [10.0.0.7]}", "test", "");
  REQUIRE(config.has_value());
  FragmentReceivers receivers;
  CHECK(receivers.policy_of(IpAddress::v4(0x0a000001)) == FragmentPolicy::bsd);
  receivers.host_os = HostOsPolicies::from(*config);
  CHECK(receivers.policy_of(IpAddress::v4(0x0a000001)) == FragmentPolicy::linux_);
  CHECK(receivers.policy_of(IpAddress::v4(0x0a000007)) == FragmentPolicy::last);
  CHECK(receivers.policy_of(IpAddress::v4(0x0b000001)) == FragmentPolicy::windows);
  CHECK(receivers.policy_of(IpAddress{{0x20, 1}, 6}) == FragmentPolicy::bsd);
  CHECK(fragment_policy(HostSystem::solaris) == FragmentPolicy::solaris);
  CHECK(fragment_policy(HostSystem::bsd_right) == FragmentPolicy::bsd_right);
  CHECK(fragment_policy(HostSystem::hpux11) == FragmentPolicy::first);
}
