// Counters that the pipeline keeps of what packets and streams were like.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/config/config.h"
#include "engine/pipeline/pipeline.h"
#include "rules/state/shared_state.h"
#include "tests/engine/frame_builder.h"

using namespace weir;
using namespace weir::engine;
using weir::test::FrameAddress;
using weir::test::tcp_frame;

namespace {

constexpr FrameAddress kClient{0x0a000001, 40000}, kServer{0x0a000002, 9999};
constexpr std::size_t kEthernetBytes = 14;

Counters count(const std::vector<std::string>& frames, std::string_view settings = "") {
  const auto config = Config::parse(settings, "test.yaml", "");
  REQUIRE(config.has_value());
  auto setup = PipelineSetup::make(*config, false);
  REQUIRE(setup.has_value());
  rules::SharedState shared;
  RunPosition position;
  Pipeline pipeline(*setup, nullptr, shared, {}, position);
  pipeline.verify_checksums(false);
  TimeUs time = 1'700'000'000'000'000;
  std::uint64_t number = 0;
  for (const std::string& frame : frames) {
    const Bytes bytes{reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()};
    pipeline.inspect({bytes, static_cast<std::uint32_t>(bytes.size()), ++time, ++number, 1});
  }
  pipeline.finish();
  return pipeline.counters();
}

// A handshake, then what the client sends and whether the server acknowledges so many bytes.
std::vector<std::string> connection(std::initializer_list<std::pair<std::uint32_t, std::string>> data,
                                    std::uint32_t acknowledged) {
  std::vector<std::string> out{tcp_frame(kClient, kServer, tcp_flag::syn, 100, 0),
                               tcp_frame(kServer, kClient, tcp_flag::syn | tcp_flag::ack, 500, 101),
                               tcp_frame(kClient, kServer, tcp_flag::ack, 101, 501)};
  for (const auto& [offset, bytes] : data)
    out.push_back(tcp_frame(kClient, kServer, tcp_flag::ack, 101 + offset, 501, bytes));
  if (acknowledged != 0) out.push_back(tcp_frame(kServer, kClient, tcp_flag::ack, 501, 101 + acknowledged));
  return out;
}

std::string ethernet(std::uint16_t type, const std::string& payload) {
  std::string f(12, '\x02');
  test::put16(f, type);
  return f + payload;
}

std::string ipv6(std::uint8_t next, const std::string& payload) {
  std::string p("\x60\0\0\0", 4);
  test::put16(p, static_cast<std::uint32_t>(payload.size()));
  p.push_back(static_cast<char>(next));
  p.push_back(64);
  return p + std::string(15, '\0') + '\x01' + std::string(15, '\0') + '\x02' + payload;
}

}  // namespace

TEST_CASE("counters: holes in streams that the receiver has passed over, several at once, too") {
  CHECK(count(connection({{0, "abc"}}, 3)).tcp_reassembly_gap == 0);
  CHECK(count(connection({{0, "abc"}, {10, "def"}}, 0)).tcp_reassembly_gap == 0);  // what is missing may still come
  CHECK(count(connection({{0, "abc"}, {10, "def"}}, 13)).tcp_reassembly_gap == 1);
  CHECK(count(connection({{0, "abc"}, {10, "def"}, {20, "ghi"}}, 23)).tcp_reassembly_gap == 2);
}

TEST_CASE("counters: segments with bytes that came before, and connections that found no room") {
  CHECK(count(connection({{0, "abc"}, {3, "def"}}, 0)).tcp_overlap == 0);
  CHECK(count(connection({{0, "abc"}, {1, "bcd"}}, 0)).tcp_overlap == 1);
  CHECK(count(connection({{3, "def"}, {0, "abcd"}}, 0)).tcp_overlap == 1);
  CHECK(count(connection({{0, "abc"}, {0, "abc"}, {0, "a"}}, 0)).tcp_overlap == 2);
  CHECK(count(connection({{0, "abc"}}, 0)).tcp_ssn_memcap_drop == 0);
  CHECK(count(connection({{0, "abc"}}, 0), "stream: {memcap: 100}").tcp_ssn_memcap_drop == 4);
}

TEST_CASE("counters: the flow table at its memcap") {
  std::vector<std::string> frames;
  for (std::uint16_t port = 1; port <= 3000; ++port)
    frames.push_back(tcp_frame({0x0a000001, port}, kServer, tcp_flag::syn, 100, 0));
  const Counters counters = count(frames, "flow: {memcap: 400kb}");
  CHECK(counters.flow_emerg_mode_entered == 1);
  CHECK(count(frames).flow_emerg_mode_entered == 0);
}

TEST_CASE("counters: connections picked up midstream, and data that found no memory") {
  const std::vector<std::string> middle{tcp_frame(kClient, kServer, tcp_flag::ack, 100, 500, "abc"),
                                        tcp_frame(kClient, kServer, tcp_flag::ack, 103, 500, "def")};
  CHECK(count(middle).tcp_midstream_pickups == 0);
  CHECK(count(middle, "stream: {midstream: yes}").tcp_midstream_pickups == 1);
  const auto large = connection({{0, std::string(1000, 'a')}, {1000, std::string(1000, 'b')}}, 0);
  CHECK(count(large).tcp_segment_memcap_drop == 0);
  CHECK(count(large, "stream: {reassembly: {memcap: 1kb}}").tcp_segment_memcap_drop >= 1);
}

TEST_CASE("counters: segments that the receiver does not take, and those of which only it knows") {
  const auto after_handshake = [](std::uint8_t flags, std::uint32_t acknowledgment) {
    auto frames = connection({{0, "abc"}}, 3);
    frames.push_back(tcp_frame(kClient, kServer, flags, 104, acknowledgment, "decoy"));
    return count(frames);
  };
  CHECK(count(connection({{0, "abc"}}, 3)).segments_not_taken == 0);
  CHECK(after_handshake(tcp_flag::psh, 501).segments_not_taken == 1);
  CHECK(after_handshake(tcp_flag::psh, 501).segments_doubtful == 0);
  CHECK(after_handshake(tcp_flag::ack, 601).segments_doubtful == 1);
  CHECK(after_handshake(tcp_flag::ack, 501).segments_doubtful == 0);
}

TEST_CASE("counters: frames of unknown kinds, and IP in IP by family") {
  CHECK(count({ethernet(0x1234, "what")}).decoder_unknown_ethertype == 1);
  const std::string inner4 = tcp_frame(kClient, kServer, tcp_flag::syn, 1, 0).substr(kEthernetBytes);
  const std::string inner6 = ipv6(59, "");
  CHECK(count({test::ipv4_frame(1, 2, 4, inner4)}).decoder_ipv4_in_ipv4 == 1);
  CHECK(count({test::ipv4_frame(1, 2, 41, inner6)}).decoder_ipv6_in_ipv4 == 1);
  CHECK(count({ethernet(0x86dd, ipv6(4, inner4))}).decoder_ipv4_in_ipv6 == 1);
  CHECK(count({ethernet(0x86dd, ipv6(41, inner6))}).decoder_ipv6_in_ipv6 == 1);
  CHECK(count({test::ipv4_frame(1, 2, 6, inner4.substr(20))}).decoder_ipv4_in_ipv4 == 0);
  const std::string twice = test::ipv4_frame(1, 2, 4, inner4).substr(kEthernetBytes);
  CHECK(count({test::ipv4_frame(1, 2, 47, std::string("\0\0\x08\0", 4) + twice)}).decoder_ipv4_in_ipv4 == 1);
}

TEST_CASE("counters: a decoder counts what it gave up on; VLAN tags count their packet once each level") {
  const auto layers = [](const std::string& frame, Proto proto) {
    return count({frame}).layers[static_cast<std::size_t>(proto)];
  };
  CHECK(layers(test::ipv4_frame(1, 2, 6, "short"), Proto::tcp) == 1);
  CHECK(layers(ethernet(0x0800, "short"), Proto::ipv4) == 1);
  CHECK(layers(ethernet(0x8100, std::string("\0\x05\0\x26", 4) + "STP"), Proto::vlan) == 1);
  const std::string tag("\0\x05\x81\0", 4), last("\0\x05\x08\0", 4), ip(40, '\0');
  struct Row {
    std::string tags;
    std::uint64_t qinq, qinqinq;
  };
  for (const Row& row : {Row{last, 0, 0}, Row{tag + last, 1, 0}, Row{tag + tag + last, 1, 1},
                         Row{tag + tag + tag + last, 1, 1}}) {
    const Counters counters = count({ethernet(0x8100, row.tags + ip)});
    CHECK(counters.layers[static_cast<std::size_t>(Proto::vlan)] == 1);
    CHECK(counters.decoder_vlan_qinq == row.qinq);
    CHECK(counters.decoder_vlan_qinqinq == row.qinqinq);
  }
}

TEST_CASE("a frame that live capture cut is told, one that a file holds cut is not") {
  const std::string frame = tcp_frame(kClient, kServer, tcp_flag::syn, 1, 0);
  const Bytes bytes{reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()};
  const std::string file = "a.pcap";
  const auto noted = [&](std::uint32_t wire_length, const std::string* capture) {
    Packet packet;
    decode_packet({.bytes = bytes, .wire_length = wire_length, .capture = capture}, packet, {});
    return !packet.faults.empty() && packet.faults[0].what == Anomaly::afpacket_trunc_pkt;
  };
  const auto length = static_cast<std::uint32_t>(bytes.size());
  CHECK(noted(length + 1, nullptr));
  CHECK_FALSE(noted(length + 1, &file));
  CHECK_FALSE(noted(length, nullptr));
}
