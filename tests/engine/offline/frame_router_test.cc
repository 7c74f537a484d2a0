#include "engine/offline/frame_router.h"

#include <doctest/doctest.h>

#include <vector>

using namespace weir;
using namespace weir::engine;

namespace {

using Wire = std::vector<std::uint8_t>;

Wire join(std::initializer_list<Wire> parts) {
  Wire out;
  for (const Wire& p : parts) out.insert(out.end(), p.begin(), p.end());
  return out;
}
Wire ethernet(std::uint8_t high, std::uint8_t low) {
  return join({Wire(12, 0x02), {high, low}});
}
Wire ipv4(std::uint8_t protocol, std::uint8_t source, std::uint8_t destination, const Wire& payload,
          std::uint8_t fragment = 0) {
  const auto length = static_cast<std::uint8_t>(20 + payload.size());
  return join({{0x45, 0, 0, length, 0, 1, fragment, 0, 64, protocol, 0, 0, 10, 0, 0, source, 10, 0, 0, destination},
               payload});
}
Wire ipv6(std::uint8_t next, std::uint8_t source, std::uint8_t destination, const Wire& payload) {
  Wire from(16, 0xfd), to(16, 0xfd);
  from[15] = source;
  to[15] = destination;
  return join({{0x60, 0, 0, 0, 0, static_cast<std::uint8_t>(payload.size()), next, 64}, from, to, payload});
}
Wire tcp() {
  return {0, 80, 0, 81, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0};
}
Wire udp(std::uint8_t source_high, std::uint8_t source_low, std::uint8_t high, std::uint8_t low, const Wire& data = {}) {
  return join({{source_high, source_low, high, low, 0, static_cast<std::uint8_t>(8 + data.size()), 0, 0}, data});
}

std::optional<std::uint64_t> plain(const Wire& frame, int link_type = 1) {
  return plain_route({.bytes = frame, .link_type = link_type}, DecodeSettings{});
}
// What the decoder says.
std::uint64_t decoded(const Wire& frame, int link_type = 1) {
  Packet packet;
  DecodeSettings settings;
  settings.verify_checksums = false;
  decode_packet({.bytes = frame, .link_type = link_type}, packet, settings);
  return route_of(packet, FlowKeyOptions{});
}

}  // namespace

TEST_CASE("frame router: plain frames are routed without the decoder as it would have them") {
  struct Row {
    Wire frame;
    int link_type = 1;
  };
  const std::vector<Row> rows{
      {join({ethernet(8, 0), ipv4(6, 1, 2, tcp())})},
      {join({ethernet(8, 0), ipv4(17, 1, 2, udp(0x30, 0, 0, 53))})},
      {join({ethernet(8, 0), ipv4(1, 1, 2, {8, 0, 0, 0, 0, 1, 0, 1})})},
      {join({ethernet(0x86, 0xdd), ipv6(6, 1, 2, tcp())})},
      {join({ethernet(0x86, 0xdd), ipv6(58, 1, 2, {128, 0, 0, 0, 0, 1, 0, 1})})},
      {join({ethernet(0x81, 0), {0, 5, 8, 0}, ipv4(6, 1, 2, tcp())})},
      {join({ethernet(0x88, 0x47), {0, 1, 0, 64, 0, 2, 1, 64}, ipv4(6, 1, 2, tcp())})},
      {join({ethernet(0x88, 0x64), {0x11, 0, 0, 1, 0, 42, 0, 0x21}, ipv4(6, 1, 2, tcp())})},
      {ipv4(6, 1, 2, tcp()), 101},
      {join({{2, 0, 0, 0}, ipv4(6, 1, 2, tcp())}), 0},
      {join({Wire(14), {8, 0}, ipv4(6, 1, 2, tcp())}), 113},
      {join({{8, 0}, Wire(18), ipv4(6, 1, 2, tcp())}), 276},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    const auto route = plain(rows[i].frame, rows[i].link_type);
    REQUIRE(route.has_value());
    CHECK(*route == decoded(rows[i].frame, rows[i].link_type));
    for (std::size_t n = 0; n < rows[i].frame.size(); ++n)  // cut anywhere
      (void)plain(Wire(rows[i].frame.begin(), rows[i].frame.begin() + static_cast<long>(n)), rows[i].link_type);
  }
}

TEST_CASE("frame router: both directions of all flows between two hosts go one way") {
  const auto there = plain(join({ethernet(8, 0), ipv4(6, 1, 2, tcp())}));
  CHECK(there == plain(join({ethernet(8, 0), ipv4(6, 2, 1, tcp())})));
  CHECK(there == plain(join({ethernet(8, 0), ipv4(17, 1, 2, udp(0x30, 0, 0, 53))})));
  CHECK(there == plain(ipv4(6, 1, 2, tcp()), 101));
  CHECK(there != plain(join({ethernet(8, 0), ipv4(6, 1, 3, tcp())})));
  CHECK(plain(join({ethernet(0x86, 0xdd), ipv6(6, 1, 2, tcp())})) ==
        plain(join({ethernet(0x86, 0xdd), ipv6(17, 2, 1, udp(0x30, 0, 0, 53))})));
}

TEST_CASE("frame router: what may be more than a plain packet needs the decoder") {
  const Wire inner = ipv4(6, 1, 2, tcp());
  const std::vector<Wire> frames{
      {},
      ethernet(8, 0),
      join({ethernet(8, 6), Wire(28)}),                               // ARP
      join({ethernet(8, 0), ipv4(6, 1, 2, tcp(), 0x20)}),             // a fragment
      join({ethernet(8, 0), ipv4(4, 1, 2, inner)}),                   // IP in IP
      join({ethernet(8, 0), ipv4(47, 1, 2, {0, 0, 8, 0})}),           // GRE
      join({ethernet(8, 0), ipv4(17, 1, 2, udp(1, 1, 0x12, 0xb5))}),  // VXLAN
      join({ethernet(8, 0), ipv4(17, 1, 2, udp(1, 1, 0x17, 0xc1))}),  // Geneve
      join({ethernet(8, 0), ipv4(17, 1, 2, udp(0x0d, 0xd8, 1, 1))}),  // Teredo, from its port
      join({ethernet(0x86, 0xdd), ipv6(44, 1, 2, {6, 0, 0, 1, 0, 0, 0, 1})}),
      join({ethernet(0x88, 0x64), {0x11, 0, 0, 1, 0, 42, 0x21}, inner}),  // PPP with a short protocol number
  };
  for (std::size_t i = 0; i < frames.size(); ++i) {
    CAPTURE(i);
    CHECK_FALSE(plain(frames[i]).has_value());
  }
}

TEST_CASE("frame router: an ICMP error goes where the flow that it quotes went") {
  const Wire quoted = ipv4(17, 1, 2, udp(0x30, 0, 0, 53));
  const Wire error = join({ethernet(8, 0), ipv4(1, 9, 1, join({{3, 1, 0, 0, 0, 0, 0, 0}, quoted}))});
  CHECK_FALSE(plain(error).has_value());
  CHECK(decoded(error) == plain(join({ethernet(8, 0), quoted})));
}
