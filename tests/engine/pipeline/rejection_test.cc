#include "engine/pipeline/rejection.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/checksum.h"
#include "decoders/decode.h"
#include "tests/engine/frame_builder.h"

using namespace weir;
using namespace weir::engine;
using weir::test::FrameAddress;

namespace {

constexpr FrameAddress kClient{0x0a000001, 40000}, kServer{0x0a000002, 80};

// A frame and its decoded form, which points into it.
struct DecodedBytes {
  explicit DecodedBytes(std::string frame) : bytes(std::move(frame)) {
    const Bytes view{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    decode_packet(RawPacket{.bytes = view, .wire_length = static_cast<std::uint32_t>(view.size())}, packet,
                  settings);
  }
  std::string bytes;
  DecodeSettings settings{.verify_checksums = false};
  Packet packet;
};

// The answer as the receiver decodes it, checksums looked at.
struct Answer {
  explicit Answer(const RejectionPacket& made) {
    const Bytes view{made.bytes.data(), made.bytes.size()};
    decode_packet(
        RawPacket{.bytes = view, .wire_length = static_cast<std::uint32_t>(view.size()), .link_type = 101},
        packet, DecodeSettings{});
  }
  Packet packet;
};

}  // namespace

TEST_CASE(
    "rejection: both ends of a connection are reset in the other's name, at the numbers that they expect") {
  const DecodedBytes request(tcp_frame(kClient, kServer, tcp_flag::ack | tcp_flag::psh, 1000, 5000, "GET"));
  const auto answers = make_rejections(request.packet, RejectTarget::both);
  REQUIRE(answers.size() == 2);
  const Answer to_client(answers[0]), to_server(answers[1]);
  for (const Answer* a : {&to_client, &to_server}) {
    REQUIRE_FALSE(a->packet.invalid);
    CHECK_FALSE(a->packet.ip_checksum_bad);
    CHECK_FALSE(a->packet.l4_checksum_bad);
    CHECK(a->packet.tcp.flags == (tcp_flag::rst | tcp_flag::ack));
  }
  CHECK(to_client.packet.ip.source == request.packet.ip.destination);
  CHECK(to_client.packet.destination_port == 40000);
  CHECK(to_client.packet.tcp.sequence == 5000);
  CHECK(to_client.packet.tcp.acknowledgment == 1003);
  CHECK(to_server.packet.ip.source == request.packet.ip.source);
  CHECK(to_server.packet.destination_port == 80);
  CHECK(to_server.packet.tcp.sequence == 1000);
  CHECK(to_server.packet.tcp.acknowledgment == 5000);
}

TEST_CASE("rejection: a SYN is acknowledged by the reset that answers it") {
  const DecodedBytes syn(tcp_frame(kClient, kServer, tcp_flag::syn, 1000, 0));
  const auto answers = make_rejections(syn.packet, RejectTarget::source);
  REQUIRE(answers.size() == 1);
  CHECK(Answer(answers[0]).packet.tcp.acknowledgment == 1001);
  CHECK(answers[0].to == syn.packet.ip.source);
}

TEST_CASE("rejection: a datagram's sender is told with a quotation of it, and no more than hosts take") {
  for (const std::size_t length : {5U, 1400U}) {
    const DecodedBytes datagram(udp_frame(kClient, kServer, std::string(length, 'x')));
    const auto answers = make_rejections(datagram.packet, RejectTarget::both);
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].bytes.size() <= RejectionPacket::kMaxBytes);
    const Answer answer(answers[0]);
    CHECK_FALSE(answer.packet.l4_checksum_bad);
    CHECK(answer.packet.icmp.type == 3);
    CHECK(answer.packet.icmp.code == 13);
    REQUIRE(answer.packet.icmp.has_embedded);
    CHECK(answer.packet.icmp.embedded_source == datagram.packet.ip.source);
    CHECK(answer.packet.icmp.embedded_destination_port == 80);
  }
}

TEST_CASE("rejection: what must not be answered is not") {
  const DecodedBytes reset(tcp_frame(kClient, kServer, tcp_flag::rst, 1000, 0));
  CHECK(make_rejections(reset.packet, RejectTarget::both).empty());
  const DecodedBytes syn(tcp_frame(kClient, kServer, tcp_flag::syn, 1000, 0));
  CHECK(make_rejections(syn.packet, RejectTarget::none).empty());
  const DecodedBytes multicast(udp_frame(kClient, {0xe00000fb, 5353}, "x"));
  CHECK(make_rejections(multicast.packet, RejectTarget::source).empty());
  DecodedBytes broken(udp_frame(kClient, kServer, "x"));
  broken.packet.invalid = true;
  CHECK(make_rejections(broken.packet, RejectTarget::source).empty());
}
