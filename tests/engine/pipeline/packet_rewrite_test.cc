#include "engine/pipeline/packet_rewrite.h"

#include <doctest/doctest.h>

#include <array>
#include <string_view>

#include "decoders/checksum.h"
#include "decoders/decode.h"

namespace weir::engine {
namespace {

// IPv4 over raw IP, 1.1.1.1:1 -> 2.2.2.2:2, four bytes of payload, checksums left zero.
constexpr std::array<std::uint8_t, 44> kFrame{
    0x45, 0,   0,   44, 0, 1, 0x40, 0, 64, 6, 0, 0, 1,    1,    1,  1, 2, 2, 2, 2,  // IPv4
    0,    1,   0,   2,  0, 0, 0,    9, 0,  0, 0, 0, 0x50, 0x10, 16, 0, 0, 0, 0, 0,  // TCP
    'E',  'V', 'I', 'L'};

Bytes view(std::string_view s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

TEST_CASE("packet rewrite: the payload changes and the checksum fits") {
  DecodeSettings settings = DecodeSettings::from(no_settings());
  settings.verify_checksums = false;
  Packet packet;
  decode_packet({.bytes = kFrame, .wire_length = kFrame.size(), .number = 1, .link_type = 101}, packet,
                settings);
  REQUIRE(packet.has_tcp);
  REQUIRE(packet.payload.size() == 4);
  std::vector<std::uint8_t> storage;
  rewrite_payload(packet, view("GOOD"), storage);
  CHECK(std::string_view{reinterpret_cast<const char*>(packet.payload.data()), 4} == "GOOD");
  CHECK(packet.frame.size() == kFrame.size());
  CHECK(transport_checksum(packet.ip.source, packet.ip.destination, 6, packet.frame.subspan(20)) == 0);

  SUBCASE("a payload of another length, or that is not in the frame, is left alone") {
    rewrite_payload(packet, view("LONGER"), storage);
    CHECK(packet.payload.size() == 4);
    packet.payload = view("ELSE");
    rewrite_payload(packet, view("GOOD"), storage);
    CHECK(packet.payload.data() == view("ELSE").data());
  }
}

TEST_CASE("packet rewrite: the urgent flag and pointer go, and the checksum fits") {
  auto frame = kFrame;
  frame[33] |= tcp_flag::urg;
  frame[38] = 1;
  frame[39] = 2;
  DecodeSettings settings = DecodeSettings::from(no_settings());
  settings.verify_checksums = false;
  Packet packet;
  decode_packet({.bytes = frame, .wire_length = frame.size(), .number = 1, .link_type = 101}, packet,
                settings);
  std::vector<std::uint8_t> storage;
  REQUIRE(rewrite_without_urgent(packet, storage));
  CHECK(packet.frame[33] == tcp_flag::ack);
  CHECK((packet.frame[38] | packet.frame[39]) == 0);
  CHECK(transport_checksum(packet.ip.source, packet.ip.destination, 6, packet.frame.subspan(20)) == 0);
  Packet other;
  CHECK_FALSE(rewrite_without_urgent(other, storage));
}

}  // namespace
}  // namespace weir::engine
