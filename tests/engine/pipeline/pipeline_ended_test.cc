// Flows that come back after their end, inline.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "decoders/app/protocol_ids.h"
#include "tests/engine/pipeline/inline_run.h"

namespace weir::test {
namespace {

constexpr std::string_view kForbiddenUri =
    "drop http any any -> any any (msg:\"forbidden\"; flow:established,to_server; http.uri; "
    "content:\"/forbidden\"; sid:1;)";
constexpr int kLong = 400;  // seconds, more than any time-out of a flow

std::string request(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

constexpr FrameAddress kBrowser{0x0a000001, 40000}, kWeb{0x0a000002, 80};
constexpr std::uint8_t kAckPush = tcp_flag::ack | tcp_flag::psh;

// A connection that has asked for "/allowed" and fallen silent.
Connection silent(InlineRun& run) {
  Connection c;
  run.play_all(c.handshake());
  run.play(c.client(request("/allowed")));
  run.play(c.server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  run.play(c.client("", tcp_flag::ack));
  run.wait(kLong);
  return c;
}

// A DNS query for a name of four letters.
std::string query_for(std::string_view name) {
  return std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04", 13) + std::string(name) +
         std::string("\x00\x00\x01\x00\x01", 5);
}

}  // namespace

TEST_CASE("ended flows: an idle connection that comes back is inspected as before") {
  InlineRun run(kForbiddenUri);
  Connection c = silent(run);
  CHECK(run.play(c.client("GET /forb")) == 'a');
  CHECK(run.play(c.client("idden HTTP/1.1\r\nHost: a\r\n\r\n")) == 'd');
  CHECK(run.pipeline.counters().flows_picked_up == 1);
  CHECK(run.pipeline.counters().tcp_sessions == 1);
}

TEST_CASE("ended flows: a pause in the middle of a request does not hide it") {
  constexpr std::string_view rules =
      "drop http any any -> any any (flow:established,to_server; http.method; content:\"GET\"; http.header; "
      "content:\"X: bad\"; sid:1;)\n"
      "drop tcp any any -> any any (flow:established,to_server; content:\"/forbidden\"; sid:2;)";
  const std::string whole = "GET /forbidden HTTP/1.1\r\nHost: a\r\nX: bad\r\n\r\n";
  for (const bool first : {true, false}) {
    const std::string text = first ? whole : "GET /else HTTP/1.1\r\nHost: a\r\nX: bad\r\n\r\n";
    for (const std::size_t split : {std::size_t{2}, std::size_t{8}, std::size_t{27}, text.size() - 2}) {
      if (first && split > 10) continue;  // dropped before the pause
      CAPTURE(text);
      CAPTURE(split);
      InlineRun run(rules);
      Connection c = silent(run);
      CHECK(run.play(c.client(text.substr(0, split))) == 'a');
      run.play(c.server("", tcp_flag::ack));
      run.wait(kLong);
      CHECK(run.play(c.client(text.substr(split))) == 'd');
    }
  }
}

TEST_CASE("ended flows: nor where streams are read in one way only, and a request has been before") {
  InlineRun run(
      "drop http any any -> any any (flow:established,to_server; http.uri; content:\"/forbidden\"; sid:1;)",
      "stream: {reassembly: {other-readings: 0}}\n");
  Connection c;
  run.play_all(c.handshake());
  CHECK(run.play_all({c.client("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                      c.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")}) == "aa");
  CHECK(run.play(c.client("GET /al")) == 'a');
  run.play(c.server("", tcp_flag::ack));
  run.wait(kLong);
  CHECK(run.play(c.client("lowed HTTP/1.1\r\nHost: a\r\n\r\n")) == 'a');
}

TEST_CASE("ended flows: nor does one in what no parser knows") {
  InlineRun run("drop tcp any any -> any any (flow:established,to_server; content:\"forbidden\"; sid:1;)");
  Connection c({0x0a000001, 40000}, {0x0a000002, 9999});
  run.play_all(c.handshake());
  for (int i = 0; i < 20; ++i) {
    run.play(c.client(std::string(500, 'x')));
    run.play(c.server(std::string(500, 'y')));
  }
  CHECK(run.play(c.client("forb")) == 'a');
  run.play(c.server("", tcp_flag::ack));
  run.wait(kLong);
  CHECK(run.play(c.client("idden")) == 'd');
}

TEST_CASE(
    "ended flows: a pause in a long request does not hide it, and the rest of one that is too long is like "
    "what began before us") {
  constexpr std::string_view rule =
      "drop http any any -> any any (flow:established,to_server; http.uri; content:\"/upload\"; "
      "http.request_body; content:\"evil\"; sid:1;)";
  struct Row {
    std::size_t filler;
    std::string_view settings, body;
    char verdict;
    std::size_t policies;
  };
  for (const Row& row :
       {Row{4000, "", "evil", 'd', 0}, Row{4000, "", "good", 'a', 0}, Row{20000, "", "good", 'd', 1},
        Row{20000, "stream: {midstream-policy: ignore}\n", "good", 'a', 0}}) {
    CAPTURE(row.filler);
    CAPTURE(row.body);
    InlineRun run(rule, row.settings);
    Connection c = silent(run);
    const std::string head =
        "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nX: " + std::string(row.filler, 'x') +
        "\r\n\r\n";
    for (std::size_t at = 0; at < head.size(); at += 1000) {
      CHECK(run.play(c.client(head.substr(at, 1000))) == 'a');
      run.play(c.server("", tcp_flag::ack));
    }
    run.wait(kLong);
    CHECK(run.play(c.client(row.body)) == row.verdict);
    CHECK(run.pipeline.counters()
              .exceptions[static_cast<std::size_t>(engine::ExceptionTarget::stream_midstream)] ==
          row.policies);
  }
}

TEST_CASE("ended flows: what goes on behind a RST is no new connection, where such are picked up") {
  constexpr std::string_view rule =
      "drop tcp any any -> any any (flow:established,to_server; content:\"/forbidden\"; sid:1;)";
  for (const bool pauses : {false, true}) {
    CAPTURE(pauses);
    InlineRun run(rule, "stream: {midstream: yes}\n");
    Connection c = silent(run);
    CHECK(run.play(c.client("GET /forb")) == 'a');
    run.play(c.server("", tcp_flag::ack));
    CHECK(run.play(c.client("", tcp_flag::rst | tcp_flag::ack)) == 'a');
    if (pauses) run.wait(kLong);
    CHECK(run.play(c.client("idden HTTP/1.1\r\nHost: a\r\n\r\n")) == 'd');
    CHECK(run.count("\"signature_id\":1,") == 2);  // as alert and as drop
    // As before the pause, what the other side's host would not take does not go on.
    InlineRun other(rule, "stream: {midstream: yes}\n");
    Connection d = silent(other);
    CHECK(other.play(d.client("", tcp_flag::rst | tcp_flag::ack)) == 'a');
    if (pauses) other.wait(kLong);
    CHECK(other.play(d.server("more")) == 'd');
  }
}

TEST_CASE("ended flows: a connection that idles between two requests begins with neither") {
  InlineRun run(
      "alert http any any -> any any (flow:established,to_server; http.uri; content:\"/\"; sid:1;)");
  Connection c = silent(run);
  CHECK(run.play(c.client(request("/second"))) == 'a');
  run.play(c.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  run.finish();
  CHECK(run.count("\"event_type\":\"alert\"") == 2);
  CHECK(run.count("\"event_type\":\"http\"") == 2);
}

TEST_CASE("ended flows: packets that nobody takes do not hide a connection that comes back") {
  const std::vector<std::string> decoys[]{
      {tcp_frame(kBrowser, kWeb, kAckPush, 0x70000000, 5001, "far away")},
      {tcp_frame(kBrowser, kWeb, kAckPush, 1001, 0x70000000, "far away")},
      {tcp_frame(kBrowser, kWeb, tcp_flag::rst, 0x70000000, 0)},
      {tcp_frame(kBrowser, kWeb, tcp_flag::syn, 0x70000000, 0)},
      {tcp_frame(kBrowser, kWeb, tcp_flag::syn, 0x70000000, 0),
       tcp_frame(kBrowser, kWeb, kAckPush, 0x70000001, 9, "x")},
      {tcp_frame(kWeb, kBrowser, tcp_flag::syn, 0x70000000, 0)},
      {tcp_frame(kBrowser, kWeb, tcp_flag::syn | tcp_flag::ack, 0x70000000, 7)}};
  for (const std::string_view settings : {"", "stream: {midstream: yes}"})
    for (const auto& decoy : decoys) {
      CAPTURE(settings);
      CAPTURE(&decoy - decoys);
      InlineRun run(kForbiddenUri, settings);
      Connection c = silent(run);
      run.play_all(decoy);
      CHECK(run.play(c.client(request("/forbidden"))) == 'd');
      CHECK(run.count("\"event_type\":\"alert\"") == 1);
      CHECK(run.pipeline.counters().flows_picked_up == 1);
    }
}

TEST_CASE("ended flows: what came in between is not remembered in place of the connection") {
  InlineRun run(kForbiddenUri, "stream: {midstream: yes}");
  Connection c = silent(run);
  CHECK(run.play(tcp_frame(kBrowser, kWeb, kAckPush, 0x70000000, 5001, "far away")) == 'a');
  run.wait(kLong);
  CHECK(run.play(c.client(request("/forbidden"))) == 'd');
  CHECK(run.count("\"event_type\":\"alert\"") == 1);
}

TEST_CASE("ended flows: after packets that we may have missed, those that do not fit pass") {
  for (const bool missed : {true, false}) {
    CAPTURE(missed);
    InlineRun run(kForbiddenUri);
    Connection c = silent(run);
    if (missed) run.pipeline.packets_were_missed();
    CHECK(run.play(c.client(request("/allowed"))) == 'a');
    CHECK(run.play(tcp_frame(kBrowser, kWeb, kAckPush, 1001 + 200'000, 5001, "x")) == (missed ? 'a' : 'd'));
  }
}

TEST_CASE("ended flows: once the server has answered a new SYN, what was before is forgotten") {
  InlineRun run(kForbiddenUri);
  silent(run);
  CHECK(run.play_all({tcp_frame(kBrowser, kWeb, tcp_flag::syn, 0x70000000, 0),
                      tcp_frame(kWeb, kBrowser, tcp_flag::syn | tcp_flag::ack, 0x60000000, 0x70000001),
                      tcp_frame(kBrowser, kWeb, tcp_flag::ack, 0x70000001, 0x60000001)}) == "aaa");
  CHECK(run.play(tcp_frame(kBrowser, kWeb, kAckPush, 1001, 5001, request("/forbidden"))) ==
        'd');  // out of its window
  CHECK(run.count("\"event_type\":\"alert\"") == 0);
  CHECK(run.play(tcp_frame(kBrowser, kWeb, kAckPush, 0x70000001, 0x60000001, request("/allowed"))) == 'a');
  CHECK(run.pipeline.counters().flows_picked_up == 0);
}

TEST_CASE("ended flows: a connection that is played again with the same numbers is a new one") {
  InlineRun run(kForbiddenUri);
  silent(run);
  Connection c;
  CHECK(run.play_all(c.handshake()) == "aaa");
  CHECK(run.play(c.client(request("/forbidden"))) == 'd');
  CHECK(run.pipeline.counters().flows_picked_up == 0);
  CHECK(run.pipeline.counters().tcp_sessions == 2);
  run.finish();
  CHECK(run.count("\"event_type\":\"flow\"", "\"src_ip\":\"10.0.0.1\"") == 2);
}

TEST_CASE(
    "ended flows: what was dropped stays dropped when it comes again, and its ports are free for others") {
  InlineRun run(kForbiddenUri);
  Connection c;
  run.play_all(c.handshake());
  const std::string again = c.client(request("/forbidden"));
  CHECK(run.play(again) == 'd');
  for (int times = 1; times <= 3; ++times) {
    run.wait(kLong);
    CHECK(run.play(again) == 'd');
    CHECK(run.play(tcp_frame(kBrowser, kWeb, kAckPush, 1001, 5001, request("/harmless"))) == 'd');
    CHECK(run.play(tcp_frame(kWeb, kBrowser, tcp_flag::ack, 5001, 1001)) == 'd');
    CHECK(run.count("\"reason\":\"flow drop\"") == std::size_t(3 * times));
    CHECK(run.pipeline.counters().flows_still_dropped == std::uint64_t(times));
  }
  CHECK(run.count("\"event_type\":\"alert\"") == 1);
  run.wait(kLong);
  CHECK(run.play_all({tcp_frame(kBrowser, kWeb, tcp_flag::syn, 0x70000000, 0),
                      tcp_frame(kWeb, kBrowser, tcp_flag::syn | tcp_flag::ack, 0x60000000, 0x70000001),
                      tcp_frame(kBrowser, kWeb, tcp_flag::ack, 0x70000001, 0x60000001),
                      tcp_frame(kBrowser, kWeb, kAckPush, 0x70000001, 0x60000001, request("/allowed"))}) ==
        "aaaa");
}

TEST_CASE("ended flows: a dropped flow that had to make way stays dropped, too") {
  InlineRun run(kForbiddenUri, "flow: {memcap: 20kb, hash-size: 64, prealloc: 0}");
  Connection c;
  run.play_all(c.handshake());
  const std::string again = c.client(request("/forbidden"));
  CHECK(run.play(again) == 'd');
  for (std::uint16_t port = 1; port < 200; ++port)
    run.play(tcp_frame({0x0a000009, port}, kWeb, tcp_flag::syn, 1, 0));
  CHECK(run.pipeline.flows().stats().ended_forced > 0);
  run.wait(kLong);
  CHECK(run.play(again) == 'd');
  CHECK(run.pipeline.counters().flows_still_dropped == 1);
  CHECK(run.count("\"event_type\":\"alert\"") == 1);
}

TEST_CASE("ended flows: dropped datagrams keep their flow dropped for a while, and not for ever") {
  constexpr FrameAddress kOne{0x0a000001, 5000}, kOther{0x0a000002, 53};
  InlineRun run("drop dns any any -> any any (dns.query; content:\"evil\"; sid:1;)");
  CHECK(run.play(udp_frame(kOne, kOther, query_for("evil"))) == 'd');
  std::string verdicts;
  for (int i = 0; i < 10; ++i) {  // it asks again and again, and that does not count
    run.wait(45);
    verdicts += run.play(udp_frame(kOne, kOther, query_for("good")));
  }
  CHECK(verdicts == "ddddddaaaa");
  CHECK(run.play(udp_frame({0x0a000001, 5001}, kOther, query_for("good"))) == 'a');
}

TEST_CASE("ended flows: detect mode looks at a connection again though a rule wanted it dropped") {
  InlineRun run(kForbiddenUri, "", false);
  Connection c;
  run.play_all(c.handshake());
  for (int i = 0; i < 2; ++i) {
    run.play(c.client(request("/forbidden")));
    run.play(c.server("", tcp_flag::ack));
    run.wait(kLong);
  }
  run.finish();
  CHECK(run.count("\"event_type\":\"alert\"") == 2);
  CHECK(run.pipeline.counters().flows_picked_up == 1);
}

TEST_CASE("ended flows: no more are remembered than the setting says, and none whose end was seen") {
  const auto after_idling = [](std::string_view settings, bool closes) {
    InlineRun run(kForbiddenUri, settings);
    std::vector<Connection> all;
    for (std::uint16_t port = 1; port <= 3; ++port) all.emplace_back(FrameAddress{0x0a000001, port});
    for (Connection& c : all) {
      run.play_all(c.handshake());
      run.play(c.client(request("/allowed")));
      if (!closes) continue;
      run.play(tcp_frame(kWeb, {0x0a000001, static_cast<std::uint16_t>(&c - all.data() + 1)},
                         tcp_flag::rst | tcp_flag::ack, 5001,
                         1001 + static_cast<std::uint32_t>(request("/allowed").size())));
    }
    run.wait(kLong);
    for (Connection& c : all) run.play(c.client(request("/allowed")));
    return run.pipeline.counters();
  };
  CHECK(after_idling("", false).flows_picked_up == 3);
  CHECK(after_idling("", false).flows_forgotten == 0);
  CHECK(after_idling("", true).flows_picked_up == 0);
  CHECK(after_idling("flow: {ended-memory: 2}", false).flows_picked_up == 2);
  CHECK(after_idling("flow: {ended-memory: 2}", false).flows_forgotten == 1);
  CHECK(after_idling("flow: {ended-memory: 0}", false).flows_picked_up == 0);
}

TEST_CASE(
    "ended flows: a parser that cannot know where a message begins may fail without blame for the sender") {
  const std::string hello =
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(89, 'r');
  for (const bool pauses : {true, false}) {
    CAPTURE(pauses);
    InlineRun run(kForbiddenUri, "app-layer: {error-policy: drop-flow}");
    Connection c({0x0a000001, 40000}, {0x0a000002, 443});
    run.play_all(c.handshake());
    CHECK(run.play_all({c.client(hello), c.server("", tcp_flag::ack)}) == "aa");
    if (pauses) run.wait(kLong);
    // No record begins here; without a pause it is the rest of the hello, and behind it nothing begins either.
    CHECK(run.play(c.client(std::string(600, '\xff'))) == (pauses ? 'a' : 'd'));
    CHECK(run.pipeline.counters().app[index(AppProto::tls)].parser_errors[0] == 1);
  }
}

TEST_CASE("ended flows: the server may be the first to speak again") {
  InlineRun run(kForbiddenUri);
  Connection c = silent(run);
  CHECK(run.play(c.server("", tcp_flag::ack)) == 'a');
  CHECK(run.pipeline.counters().flows_picked_up == 1);
  CHECK(run.play(c.client(request("/forbidden"))) == 'd');
  run.finish();
  CHECK(run.count("\"event_type\":\"flow\"", "\"src_ip\":\"10.0.0.1\"") == 2);
}

}  // namespace weir::test
