#include "engine/log/shown_packet.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/decode.h"
#include "decoders/text.h"
#include "tests/engine/frame_builder.h"

using namespace weir;
using namespace weir::engine;

namespace {

Packet decoded(Bytes frame, int link_type) {
  Packet packet;
  decode_packet(
      {.bytes = frame, .wire_length = static_cast<std::uint32_t>(frame.size()), .link_type = link_type},
      packet, {});
  return packet;
}

}  // namespace

TEST_CASE("shown packet: an acknowledgement becomes the packet with the bytes before it") {
  const std::string ack = test::tcp_frame({0x0a000001, 40000}, {0x0a000002, 80}, tcp_flag::ack, 1100, 7, "");
  const Packet like = decoded(as_bytes(ack), 1);
  std::vector<std::uint8_t> out;
  const int link_type = make_shown_packet(like, as_bytes("GET /"), out);
  CHECK(link_type == 1);
  const Packet shown = decoded(out, link_type);
  CHECK(shown.faults.empty());
  CHECK_FALSE(shown.ip_checksum_bad);
  CHECK_FALSE(shown.l4_checksum_bad);
  CHECK(as_text(shown.payload) == "GET /");
  CHECK(shown.tcp.sequence == 1095);
  CHECK(shown.tcp.acknowledgment == 7);
  CHECK(shown.ip.source == like.ip.source);
  CHECK(shown.source_port == 40000);
  CHECK(shown.destination_port == 80);
  CHECK(as_text(shown.ether_source) == as_text(like.ether_source));
}

TEST_CASE("shown packet: of much data the beginning is shown, at its place") {
  const std::string ack = test::tcp_frame({0x0a000001, 40000}, {0x0a000002, 80}, tcp_flag::ack, 5000, 7, "");
  std::vector<std::uint8_t> out;
  const std::string data = "begin" + std::string(3000, 'x');
  const Packet shown =
      decoded((make_shown_packet(decoded(as_bytes(ack), 1), as_bytes(data), out), Bytes{out}), 1);
  CHECK(as_text(shown.payload) == data.substr(0, kShownBytes));
  CHECK(shown.tcp.sequence == 5000 - data.size());
}

TEST_CASE("shown packet: a packet that was on no wire gives one that begins with IP") {
  Packet like;
  like.origin = PacketOrigin::flow_timeout;
  like.ip.source.family = like.ip.destination.family = 6;
  like.ip.source.bytes[15] = 1;
  like.ip.destination.bytes[15] = 2;
  like.source_port = 40000;
  like.destination_port = 80;
  std::vector<std::uint8_t> out;
  const int link_type = make_shown_packet(like, as_bytes("data"), out);
  const Packet shown = decoded(out, link_type);
  CHECK(shown.layers.front().offset == 0);
  CHECK(shown.ip.version == 6);
  CHECK(shown.faults.empty());
  CHECK_FALSE(shown.l4_checksum_bad);
  CHECK(as_text(shown.payload) == "data");
}
