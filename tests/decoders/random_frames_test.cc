// Frames with random changes: decoding must neither read past the end (the address sanitizer watches) nor run
// on.
#include <random>

#include "wire_bytes.h"

using namespace weir;
using namespace weir::test;

namespace {

void check_invariants(const Packet& p) {
  const auto inside = [&p](Bytes part) {
    return part.empty() ||
           (part.data() >= p.frame.data() && part.data() + part.size() <= p.frame.data() + p.frame.size());
  };
  REQUIRE(inside(p.payload));
  REQUIRE(inside(p.tunnel.data));
  REQUIRE(inside(p.ip.header));
  REQUIRE(inside(p.ip.fragment_payload));
  REQUIRE(inside(p.tcp.options));
  REQUIRE(p.layers.size() + p.outer_layers <= kMaxLayers);
  REQUIRE((p.failed == Proto::none || p.invalid));
  for (const Layer& layer : p.layers) REQUIRE(layer.offset + layer.header_length <= p.frame.size());
}

}  // namespace

TEST_CASE("decode: random changes to sound frames keep every view inside the frame") {
  const Wire inner = ipv4({}, udp(7, 8, "inner payload"));
  const Wire inner6 = ipv6(6, tcp(0x12, u32(0x020405b4) + u32(0x01030307), "x"));
  const std::pair<int, Wire> seeds[] = {
      {1, ethernet(0x8100, u16(1) + u16(0x0800) +
                               ipv4({.options = u32(0x07070400) + u32(0x00000000)},
                                    udp(1, 4789, u32(0x08000000) + u32(0) + ethernet(0x86dd, inner6))))},
      {1, ethernet(0x8847, u32(0x00020140) + ipv4({.protocol = 47}, u16(0xb000) + u16(0x6558) + zeros(12) +
                                                                        ethernet(0x0800, inner)))},
      {1, ethernet(0x8864, u32(0x11000001) + u16(2 + inner.size()) + u16(0x21) + inner)},
      {1, ethernet(0x8863, u32(0x11090000) + u16(12) + u32(0x01010004) + u32(1) + u32(0))},
      {1, ethernet(0x894f, u16(0x0006) + u16(0x0103) + zeros(20) +
                               ethernet(0x0806, u16(1) + u16(0x800) + u16(0x604) + u16(1) + zeros(20)))},
      {113, zeros(14) + u16(0x86dd) +
                ipv6(0, u8(60) + u8(0) + u32(0x05020000) + u16(0x0100) + u8(44) + u8(0) + u32(0x01040000) +
                            u16(0) + u8(6) + zeros(7) + tcp(2, u32(0x0101080a) + zeros(8), "data"))},
      {276, u16(0x0800) + zeros(18) +
                ipv4({}, udp(1, 6081, u8(1) + u8(0) + u16(0x6558) + zeros(8) + ethernet(0x0800, inner)))},
      {101, ipv4({.protocol = 1}, u32(0x03030000) + u32(0) + inner)},
      {101, ipv6(58, u32(0x02000000) + u32(1280) + inner6)},
      {0, u32(2) + ipv4({}, udp(1, 3544, zeros(8) + inner6))},
      {50, u32(0xff030021) + ipv4({.protocol = 47}, u16(0x1000) + u16(0x88be) + u32(1) + u32(0x10170000) +
                                                        u32(0) + ethernet(0x0800, inner))},
  };
  std::mt19937 random(4711);
  for (int n = 0; n < 60000; ++n) {
    auto [link_type, wire] = seeds[static_cast<std::size_t>(n) % std::size(seeds)];
    for (std::size_t changes = random() % 6; changes > 0; --changes)
      wire[random() % wire.size()] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
    if (random() % 3 == 0) wire.resize(random() % wire.size());
    const test::Decoded got(wire, link_type, DecodeSettings{});
    CAPTURE(n);
    check_invariants(*got);
    if (got.has_inner()) check_invariants(got.inner());
  }
}
