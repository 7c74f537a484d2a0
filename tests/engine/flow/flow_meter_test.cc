#include "engine/flow/flow_meter.h"

#include <string>

#include <doctest/doctest.h>

#include "decoders/decode.h"
#include "engine/flow/fragment_meter.h"
#include "tests/engine/frame_builder.h"

using namespace weir;
using weir::engine::FlowMeter;
using weir::engine::FragmentMeter;
using weir::engine::MeteredSide;
using weir::test::FrameAddress;

namespace {

constexpr std::uint8_t kSyn = tcp_flag::syn, kAck = tcp_flag::ack, kFin = tcp_flag::fin, kRst = tcp_flag::rst;
constexpr std::uint8_t kSynAck = kSyn | kAck, kFinAck = kFin | kAck;
constexpr FrameAddress kHere{0x0a000001, 40000}, kThere{0x0a000002, 80};
constexpr Direction kTo = Direction::to_server, kFrom = Direction::to_client;

// A connection, packet by packet: sequence numbers of the client count from 1000, those of the server from 5000.
struct Metered {
  FlowMeter meter;
  TimeUs now = 1'000'000;
  Packet packet;
  std::string bytes;
  DecodeSettings decoding;

  Metered() { decoding.verify_checksums = false; }
  void frame(std::string frame, Direction d, TimeUs gap) {
    bytes = std::move(frame);
    now += gap;
    const Bytes view{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    decode_packet({.bytes = view, .time = now, .number = 1}, packet, decoding);
    meter.count(packet, d);
  }
  void client(std::uint8_t flags, std::uint32_t sequence, std::uint32_t ack, std::string_view data = {},
              TimeUs gap = 10) {
    frame(test::tcp_frame(kHere, kThere, flags, 1000 + sequence, 5000 + ack, data), kTo, gap);
  }
  void server(std::uint8_t flags, std::uint32_t sequence, std::uint32_t ack, std::string_view data = {},
              TimeUs gap = 10) {
    frame(test::tcp_frame(kThere, kHere, flags, 5000 + sequence, 1000 + ack, data), kFrom, gap);
  }
  void handshake() {
    client(kSyn, 0, 0);
    server(kSynAck, 0, 1, {}, 300);
    client(kAck, 1, 1, {}, 20);
  }
  [[nodiscard]] std::string_view state() const { return meter.state(true, kTo); }
};

}  // namespace

TEST_CASE("flow meter: bytes are those of IP, whatever the link puts behind them") {
  Metered m;
  std::string frame = test::udp_frame(kHere, kThere, "abc");
  frame.resize(60);
  m.frame(frame, kTo, 0);
  const MeteredSide& side = m.meter.sides[0];
  CHECK(side.packets == 1);
  CHECK(side.bytes == 31);
  CHECK(side.payload_bytes == 3);
  CHECK(side.size_max == 31);
  CHECK(m.meter.history() == "D");
  CHECK(m.meter.state(false, kTo) == "S0");
}

TEST_CASE("flow meter: a connection from its handshake to its end") {
  Metered m;
  m.handshake();
  CHECK(m.state() == "S1");
  m.client(kAck, 1, 1, "GET / ");
  m.server(kAck, 1, 7, {}, 100);
  m.server(kAck, 1, 7, "200 OK");
  m.client(kAck, 7, 7, {}, 40);
  CHECK(m.meter.tcp[0].smoothed_rtt == (300 * 7 + 100) / 8);  // the SYN, then the request
  m.client(kFinAck, 7, 7);
  CHECK(m.state() == "S2");
  m.server(kFinAck, 7, 8);
  CHECK(m.state() == "SF");
  CHECK(m.meter.history() == "ShADadFf");
  CHECK(m.meter.syn_to_synack == 300);
  CHECK(m.meter.synack_to_ack == 20);
  CHECK(m.meter.tcp[0].base_sequence == 1000);
  CHECK(m.meter.sides[0].tcp_flags == (kSyn | kAck | kFin));
  CHECK(m.meter.first_tcp_flags[0] == kSyn);
  CHECK(m.meter.first_tcp_flags[1] == kSynAck);
  CHECK(m.meter.sides[0].retransmitted_packets + m.meter.sides[1].retransmitted_packets == 0);
  CHECK(m.meter.sides[0].lost_bytes == 0);
}

TEST_CASE("flow meter: what came again, late or not at all is told apart") {
  Metered m;
  m.handshake();
  m.client(kAck, 1, 1, "aaaa");
  m.client(kAck, 1, 1, "aaaa");  // again
  m.client(kAck, 9, 1, "cccc");  // "bbbb" is missing
  CHECK(m.meter.sides[0].lost_bytes == 4);
  m.client(kAck, 5, 1, "bbbb");   // there it is
  m.client(kAck, 23, 1, "eeee");  // 10 bytes never come
  m.client(kAck, 26, 1, "e");     // a probe of a connection that idles
  const MeteredSide& side = m.meter.sides[0];
  CHECK(side.retransmitted_packets == 1);
  CHECK(side.retransmitted_bytes == 4);
  CHECK(side.out_of_order_packets == 1);
  CHECK(side.lost_bytes == 10);
  CHECK(m.meter.has<'t'>(kTo));
  CHECK(m.meter.has<'g'>(kTo));
  CHECK_FALSE(m.meter.has<'g'>(kFrom));
}

TEST_CASE("flow meter: a forged reset tells nothing of where its side is") {
  Metered m;
  m.client(kSyn, 0, 0);
  m.server(kRst, 0x4000, 0);
  m.server(kSynAck, 0x7000, 1);
  m.client(kAck, 1, 0x7001);
  m.server(kAck, 0x7001, 1, "answer");
  CHECK(m.meter.tcp[1].base_sequence == 5000 + 0x7000);
  CHECK(m.meter.sides[1].lost_bytes == 0);
  CHECK(m.meter.sides[1].retransmitted_packets == 0);
  CHECK_FALSE(m.meter.has<'g'>(kFrom));
}

TEST_CASE("flow meter: Zeek's states of connections that did not come to their end") {
  Metered alone;
  alone.client(kSyn, 0, 0);
  CHECK(alone.state() == "S0");
  alone.client(kRst, 1, 0);
  CHECK(alone.state() == "RSTOS0");
  Metered refused;
  refused.client(kSyn, 0, 0);
  refused.server(kRst | kAck, 0, 1);
  CHECK(refused.state() == "REJ");
  CHECK(refused.meter.history() == "Sr");
  Metered broken;
  broken.handshake();
  broken.server(kRst, 1, 1);
  broken.client(kRst, 1, 1);
  CHECK(broken.state() == "RSTR");
  Metered middle;
  middle.client(kAck, 1, 1, "x");
  CHECK(middle.state() == "OTH");
  Metered half;
  half.server(kSynAck, 0, 1);
  half.server(kFinAck, 1, 1);
  CHECK(half.state() == "SHR");
}

TEST_CASE("flow meter: sides change places with all that is known of them") {
  Metered m;
  m.server(kSynAck, 0, 1);
  m.client(kAck, 1, 1);
  m.meter.swap_sides();
  CHECK(m.meter.history() == "Ha");
  CHECK(m.meter.sides[0].tcp_flags == kSynAck);
  CHECK(m.meter.first_tcp_flags[0] == kSynAck);
  CHECK(m.meter.swapped);
}

TEST_CASE("flow meter: a part has the hits of its own, the whole has all of them") {
  FlowMeter meter;
  meter.note_hit({1, 17});
  meter.note_hit({3, 5});
  CHECK(meter.whole_rule_hits() == 2);
  CHECK(meter.whole_hit_rules() == "17 3:5");
  meter.begin_part();
  CHECK(meter.rule_hits == 0);
  CHECK(meter.hit_rules.empty());
  CHECK(meter.whole_rule_hits() == 2);
  meter.note_hit({1, 17});
  meter.note_hit({1, 99});
  CHECK(meter.rule_hits == 2);
  CHECK(meter.hit_rules == "17 99");
  meter.begin_part();
  meter.note_hit({1, 4});
  CHECK(meter.rule_hits == 1);
  CHECK(meter.hit_rules == "4");
  CHECK(meter.whole_rule_hits() == 5);
  CHECK(meter.whole_hit_rules() == "17 3:5 99 4");
}

TEST_CASE("flow meter: parts add up to the whole") {
  Metered m;
  m.handshake();
  m.client(kAck, 1, 1, "aaaa", 5'000'000);
  m.meter.begin_part();
  CHECK_FALSE(m.meter.has_packets());
  m.client(kAck, 5, 1, "bb", 7'000'000);
  m.client(kAck, 5, 1, "bb");
  CHECK(m.meter.sides[0].packets == 2);
  CHECK(m.meter.sides[0].tcp_flags == kAck);
  CHECK(m.meter.sides[0].retransmitted_packets == 1);
  const MeteredSide all = m.meter.whole(kTo);
  CHECK(all.packets == 5);
  CHECK(all.payload_bytes == 8);
  CHECK(all.tcp_flags == kSynAck);
  CHECK(all.last - all.first == 12'000'000 + 330);
  CHECK(all.gap_max == 7'000'000);
  CHECK(m.meter.whole(kFrom).packets == 1);
}

TEST_CASE("flow meter: the first bytes of each direction are kept, so many and no more") {
  Metered m;
  m.meter.payload_limit = 6;
  m.frame(test::udp_frame(kHere, kThere, "abcd"), kTo, 0);
  m.frame(test::udp_frame(kHere, kThere, "efgh"), kTo, 1);
  CHECK(m.meter.payload[0] == std::string("abcdef"));
  CHECK(m.meter.payload[1].empty());
}

TEST_CASE("flow meter: time between packets, in a row and uneven") {
  Metered m;
  for (const TimeUs gap : {0, 100, 100, 420}) m.frame(test::udp_frame(kHere, kThere, "x"), kTo, gap);
  const MeteredSide& side = m.meter.sides[0];
  CHECK(side.gap_min == 100);
  CHECK(side.gap_max == 420);
  CHECK(side.jitter == 20);  // a sixteenth of 320
  m.frame(test::udp_frame(kHere, kThere, "x"), kTo, -1000);
  CHECK(side.gap_min == 0);
  CHECK(side.first == 1'000'000 - 380);
}

namespace {

Packet fragment(std::uint32_t id, std::uint16_t offset, TimeUs time, const std::string& bytes) {
  Packet p;
  p.raw.time = time;
  p.frame = {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  p.ip.version = 4;
  p.ip.protocol = 17;
  p.ip.id = id;
  p.ip.is_fragment = true;
  p.ip.fragment_offset = offset;
  p.ip.source = IpAddress::v4(kHere.ip);
  p.ip.destination = IpAddress::v4(kThere.ip);
  p.ip.header = p.frame.first(20);
  p.ip.fragment_payload = p.frame.subspan(20);
  return p;
}

}  // namespace

TEST_CASE(
    "fragment meter: each fragment is a packet of the datagram's flow, or of its own when it never is "
    "whole") {
  std::string bytes("\x45\0\0\x1c", 4);  // 28 bytes in all
  bytes.resize(20);
  bytes += std::string("\x9c\x40\0\x50\0\x08\0\0", 8);  // ports 40000 and 80
  FragmentMeter meter;
  std::vector<std::uint64_t> gone;
  const auto give_up = [&](const engine::FragmentedDatagram& d) {
    Packet shown;
    d.show_as(shown);
    CHECK(shown.ip.fragment_payload.size() == 4);
    gone.push_back(d.side.packets);
  };
  meter.add(fragment(7, 0, 1000, bytes), give_up);
  meter.add(fragment(8, 0, 1500, bytes), give_up);
  meter.add(fragment(7, 8, 2000, bytes), give_up);
  const MeteredSide whole = meter.take(fragment(7, 16, 3000, bytes));
  CHECK(whole.packets == 3);
  CHECK(whole.fragments == 3);
  CHECK(whole.bytes == 84);
  CHECK(whole.first == 1000);
  CHECK(whole.last == 3000);
  CHECK(meter.take(fragment(9, 0, 3000, bytes), false).packets == 0);
  meter.expire(1500 + FragmentMeter::kPatience, give_up);
  CHECK(gone.empty());
  meter.expire(1501 + FragmentMeter::kPatience, give_up);
  CHECK(gone == std::vector<std::uint64_t>{1});
  for (std::uint32_t id = 0; id <= FragmentMeter::kMostDatagrams; ++id)
    meter.add(fragment(id, 0, 1, bytes), give_up);
  CHECK(gone.size() == 2);
}
