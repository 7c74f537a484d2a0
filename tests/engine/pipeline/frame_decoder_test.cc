#include "engine/pipeline/frame_decoder.h"

#include <doctest/doctest.h>

#include <memory>

#include "tests/decoders/wire_bytes.h"

using namespace weir;
using namespace weir::engine;
using namespace weir::test;

namespace {

struct Bench {
  FrameDecoder decoder{test::Decoded::no_checksums(), DefragSettings{}};
  std::unique_ptr<DecodedFrame> frame = std::make_unique<DecodedFrame>();
  Wire last;
  std::uint64_t number = 0;

  // Returns how many packets are in it. The bytes of the frame before are gone by then.
  std::size_t feed(const Wire& wire) {
    last = wire;
    decoder.decode({.bytes = view(last), .number = ++number, .link_type = 101}, *frame);
    return frame->count;
  }
};

Wire first_half(const Wire& data, std::uint8_t protocol, std::uint16_t id) {
  return ipv4({.protocol = protocol, .fragment = 0x2000, .id = id}, data.substr(0, 16));
}
Wire second_half(const Wire& data, std::uint8_t protocol, std::uint16_t id) {
  return ipv4({.protocol = protocol, .fragment = 2, .id = id}, data.substr(16));
}

}  // namespace

TEST_CASE("frame decoder: a plain frame is one packet") {
  Bench bench;
  CHECK(bench.feed(ipv4({}, udp(1, 2, "x"))) == 1);
  CHECK(bench.feed("") == 1);
}

TEST_CASE("frame decoder: a fragment is a packet, and the last one brings the datagram") {
  Bench bench;
  const Wire data = udp(7, 9, Wire(40, 'd'));
  CHECK(bench.feed(first_half(data, 17, 1)) == 1);
  CHECK(bench.frame->packets[0].ip.is_fragment);
  REQUIRE(bench.feed(second_half(data, 17, 1)) == 2);
  CHECK(bench.frame->packets[1].origin == PacketOrigin::defragmented);
  CHECK(text(bench.frame->packets[1].payload) == Wire(40, 'd'));
}

TEST_CASE(
    "frame decoder: a fragment whose header has a wrong checksum is no part of a datagram, if they count") {
  const Wire data = udp(7, 9, Wire(40, 'd'));  // the headers of these have none
  for (const bool keep_out : {false, true}) {
    for (const bool verify : {false, true}) {
      DefragSettings settings;
      settings.checksums_keep_out = keep_out;
      FrameDecoder decoder{{}, settings};
      decoder.verify_checksums(verify);
      DecodedFrame frame;
      const Wire first = first_half(data, 17, 1), second = second_half(data, 17, 1);
      decoder.decode({.bytes = view(first), .number = 1, .link_type = 101}, frame);
      decoder.decode({.bytes = view(second), .number = 2, .link_type = 101}, frame);
      CHECK(frame.count == (keep_out && verify ? 1 : 2));
    }
  }
}

TEST_CASE("frame decoder: fragments of tunnels in fragments are put together, outside and inside") {
  Bench bench;
  const Wire data = udp(7, 9, Wire(40, 'd'));
  const Wire outer_one = first_half(data, 17, 1), outer_two = second_half(data, 17, 1);
  CHECK(bench.feed(first_half(outer_one, 4, 5)) == 1);
  CHECK(bench.feed(second_half(outer_one, 4, 5)) == 3);  // fragment, datagram, the fragment in it
  CHECK(bench.feed(first_half(outer_two, 4, 6)) == 1);
  REQUIRE(bench.feed(second_half(outer_two, 4, 6)) == 4);
  const DecodedFrame& frame = *bench.frame;
  CHECK(frame.packets[2].origin == PacketOrigin::tunnel);
  CHECK(frame.tunnels[2].pcap_cnt == 4);
  CHECK(frame.packets[3].origin == PacketOrigin::defragmented);
  CHECK(text(frame.packets[3].payload) == Wire(40, 'd'));
}

TEST_CASE("frame decoder: tunnels in tunnels end at a limit") {
  Bench bench;
  Wire wire = udp(7, 9, "x");
  std::uint8_t protocol = 17;
  for (int i = 0; i < 20; ++i, protocol = 4) wire = ipv4({.protocol = protocol}, wire);
  CHECK(bench.feed(wire) == DecodedFrame::kMaxNested);
}

TEST_CASE("frame decoder: the payload of a tunnel is a packet only if that can be read and found room") {
  Bench bench;
  const Wire vxlan = Wire("\x08\0\0\0\0\0\x07\0", 8) + Wire(12, 'm') + Wire("\x08\0", 2);
  const Wire inside = ipv4({}, udp(7, 9, "x"));
  REQUIRE(bench.feed(ipv4({}, udp(40000, 4789, vxlan + inside))) == 2);
  CHECK(bench.frame->carries_packet(0));
  CHECK_FALSE(bench.frame->carries_packet(1));
  REQUIRE(bench.feed(ipv4({}, udp(40000, 4789, vxlan + inside.substr(0, 12)))) == 2);
  CHECK_FALSE(bench.frame->carries_packet(0));
  REQUIRE(bench.feed(ipv4({}, udp(40000, 4789, "no tunnel"))) == 1);
  CHECK_FALSE(bench.frame->carries_packet(0));

  Wire deep = udp(7, 9, "x");
  std::uint8_t protocol = 17;
  for (int i = 0; i < 20; ++i, protocol = 4) deep = ipv4({.protocol = protocol}, deep);
  REQUIRE(bench.feed(deep) == DecodedFrame::kMaxNested);
  CHECK(bench.frame->carries_packet(DecodedFrame::kMaxNested - 2));
  CHECK_FALSE(bench.frame->carries_packet(DecodedFrame::kMaxNested - 1));
}
