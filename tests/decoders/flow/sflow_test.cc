#include "tests/decoders/flow/flow_wire.h"

using namespace weir;
using namespace weir::test;

namespace {

Wire part(std::uint32_t format, const Wire& body) {
  return u32(format) + u32(body.size()) + body + zeros((4 - body.size() % 4) % 4);
}
Wire raw_header(const Wire& frame, std::uint32_t length, std::uint32_t kind = 1) {
  return part(
      1, u32(kind) + u32(length) + u32(4) + u32(frame.size()) + frame + zeros((4 - frame.size() % 4) % 4));
}
Wire sample(const Wire& parts, std::uint32_t count, std::uint32_t rate = 400) {
  return part(
      1, u32(1) + u32(3) + u32(rate) + u32(1000) + u32(0) + u32(3) + u32(0x40000001) + u32(count) + parts);
}
Wire expanded(const Wire& parts, std::uint32_t count) {
  return part(3, u32(1) + u32(0) + u32(3) + u32(500) + u32(1000) + u32(0) + u32(0) + u32(0x12345678) +
                     u32(0) + u32(9) + u32(count) + parts);
}
Wire sflow(const Wire& samples, std::uint32_t count, std::uint32_t sequence = 1) {
  return u32(5) + u32(1) + u32(0xc0000263) + u32(6) + u32(sequence) + u32(123456) + u32(count) + samples;
}

const Wire kFrame = ethernet(0x8100, u16(0x0064) + u16(0x0800) + ipv4({}, udp(53, 5353, "0123456789")));

}  // namespace

TEST_CASE("sflow: a sampled header becomes a record of one packet, however early it ends") {
  // VLAN tag and IP header are whole: from there on everything may be missing.
  for (std::size_t n = 14 + 4 + 20; n <= kFrame.size(); ++n) {
    CAPTURE(n);
    FlowBench bench;
    bench.send(sflow(sample(raw_header(kFrame.substr(0, n), 1000), 1), 1));
    REQUIRE(bench.size() == 1);
    const flow::Record& r = bench.at(0);
    CHECK(r.source == IpAddress::v4(0x0a000001));
    CHECK(r.protocol == 17);
    CHECK(r.destination_port == (n >= 42 ? 5353 : 0));
    CHECK(r.sides[0].packets == 1);
    CHECK(r.sides[0].bytes == 38);
    CHECK(r.sides[0].first == kNowUs);
    CHECK(r.vlan == 100);
    CHECK(r.sampling == 400);
    CHECK(r.in_interface == 3);
    CHECK(r.out_interface == 0);  // dropped, and why
    CHECK(r.exporter.domain == 6);
  }
}

TEST_CASE("sflow: an expanded sample with addresses, VLANs, routes and a user") {
  const Wire parts = part(3, u32(1500) + u32(6) + u32(0x0a000009) + u32(0x0a00000a) + u32(1234) + u32(80) +
                                 u32(0x18) + u32(4)) +
                     part(1001, u32(10) + u32(0) + u32(20) + u32(0)) +
                     part(1002, u32(1) + u32(0x0a0000fe) + u32(24) + u32(8)) +
                     part(1003, u32(1) + u32(0x0a0000fd) + u32(65000) + u32(65001) + u32(65002) + u32(1) +
                                    u32(2) + u32(2) + u32(3) + u32(65009)) +
                     part(1004, u32(3) + u32(5) + "alice" + zeros(3)) + part(9999, "new!");
  FlowBench bench;
  bench.send(sflow(expanded(parts, 6), 1));
  REQUIRE(bench.size() == 1);
  const flow::Record& r = bench.at(0);
  CHECK(r.source == IpAddress::v4(0x0a000009));
  CHECK(r.destination_port == 80);
  CHECK(r.sides[0].bytes == 1500);
  CHECK(r.sides[0].tcp_flags == 0x18);
  CHECK(r.in_interface == 0x12345678);
  CHECK(r.out_interface == 9);
  CHECK(r.vlan == 10);
  CHECK(bench.collected.all[0].detail.post_vlan == 20);
  CHECK(r.routing.next_hop == IpAddress::v4(0x0a0000fe));
  CHECK(r.routing.source_mask == 24);
  CHECK(r.routing.source_as == 65001);
  CHECK(r.routing.destination_as == 65009);
  CHECK(bench.collected.all[0].user == "alice");
}

TEST_CASE("sflow: a sample of more parts than are looked at is a record of the first ones, and counted") {
  const auto nothing = [](std::size_t count) {
    Wire out;
    for (std::size_t i = 0; i < count; ++i) out += part(9999, "");
    return out;
  };
  constexpr auto kMost = static_cast<std::uint32_t>(flow::kMaxSampleParts);
  const Wire user = part(1004, u32(3) + u32(4) + "anna");
  for (const std::uint32_t parts : {kMost, kMost + 1, kMost * 4}) {
    CAPTURE(parts);
    FlowBench bench;
    const Wire last = parts == kMost ? "" : user;
    bench.send(
        sflow(sample(raw_header(kFrame, 1000) + nothing(parts - (last.empty() ? 1 : 2)) + last, parts), 1));
    REQUIRE(bench.size() == 1);
    CHECK(bench.at(0).source == IpAddress::v4(0x0a000001));
    CHECK(bench.collected.all[0].user.empty());
    CHECK(bench.account().over_limit == (parts > kMost ? 1 : 0));
    CHECK(bench.account().malformed == 0);
  }
  FlowBench bench;
  bench.send(sflow(sample(raw_header(kFrame, 1000), 0xffffffff), 1));
  CHECK(bench.account().malformed == 1);
  CHECK(bench.size() == 0);
}

TEST_CASE("sflow: samples of counters are passed over, and datagrams are counted") {
  FlowBench bench;
  bench.send(sflow(part(2, Wire(40, 'c')) + sample(raw_header(kFrame, 60), 1), 2, 1));
  bench.send(sflow(sample(raw_header(kFrame, 60), 1), 1, 4));
  CHECK(bench.size() == 2);
  CHECK(bench.account().lost == 2);
  CHECK(bench.account().malformed == 0);
}

TEST_CASE("sflow: every truncation is malformed, and no more comes of it than of the whole") {
  const Wire whole = sflow(sample(raw_header(kFrame, 60), 1), 1);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    FlowBench bench;
    bench.send(whole.substr(0, n));
    CHECK(bench.size() == 0);
    CHECK(bench.account().malformed == 1);
  }
}

TEST_CASE("sflow: IPv6 with extension headers, labels, and a second fragment without ports") {
  const Wire hop_by_hop = u8(17) + u8(0) + zeros(6);
  const Wire six = ethernet(0x86dd, ipv6(0, hop_by_hop + udp(7, 8, "x")));
  const Wire labelled = ethernet(0x8847, u32(0x00010040) + u32(0x00020140) + ipv4({}, udp(7, 8, "x")));
  Ipv4 later;
  later.fragment = 0x0010;
  FlowBench bench;
  bench.send(sflow(sample(raw_header(six, 70), 1) + sample(raw_header(labelled, 60), 1) +
                       sample(raw_header(ethernet(0x0800, ipv4(later, udp(7, 8, "x"))), 60), 1),
                   3));
  REQUIRE(bench.size() == 3);
  CHECK(bench.at(0).source.family == 6);
  CHECK(bench.at(0).protocol == 17);
  CHECK(bench.at(0).destination_port == 8);
  CHECK(bench.at(1).destination_port == 8);
  CHECK(bench.at(2).protocol == 17);
  CHECK(bench.at(2).destination_port == 0);
}

TEST_CASE("sflow: headers of links other than Ethernet") {
  const Wire ip = ipv4({}, udp(7, 8, "x")), labels = u32(0x00010040) + u32(0x00020140);
  struct Form {
    const char* name;
    std::uint32_t kind;
    Wire header;
  };
  for (const Form& form :
       {Form{"IP", 11, ip}, Form{"MPLS", 13, labels + ip}, Form{"PPP", 7, u16(0x0021) + ip},
        Form{"PPP with its address", 7, u16(0xff03) + u16(0x0021) + ip},
        Form{"POS with labels", 14, u16(0xff03) + u16(0x0281) + labels + ip}}) {
    CAPTURE(form.name);
    FlowBench bench;
    bench.send(sflow(sample(raw_header(form.header, 60, form.kind), 1), 1));
    REQUIRE(bench.size() == 1);
    CHECK(bench.at(0).source == IpAddress::v4(0x0a000001));
    CHECK(bench.at(0).destination_port == 8);
    CHECK(bench.at(0).sides[0].bytes == ip.size());
  }
}

TEST_CASE("sflow: what an address was translated to, where it was") {
  const Wire header = raw_header(ethernet(0x0800, ipv4({}, udp(7, 8, "x"))), 60);
  const auto nat = [](std::uint32_t source, std::uint32_t destination) {
    return part(1007, u32(1) + u32(source) + u32(1) + u32(destination));
  };
  FlowBench bench;
  bench.send(sflow(sample(header + nat(0xc6336401, 0x0a000002) + part(1020, u32(4000) + u32(8)), 3) +
                       sample(header + nat(0x0a000001, 0x0a000002) + part(1020, u32(7) + u32(8)), 3),
                   2));
  REQUIRE(bench.size() == 2);
  REQUIRE(bench.at(0).destination == IpAddress::v4(0x0a000002));
  CHECK(bench.detail(0).nat_source == IpAddress::v4(0xc6336401));
  CHECK(bench.detail(0).nat_destination.family == 0);
  CHECK(bench.detail(0).nat_source_port == 4000);
  CHECK(bench.detail(0).nat_destination_port == 0);
  CHECK(!bench.has_detail(1));
}
