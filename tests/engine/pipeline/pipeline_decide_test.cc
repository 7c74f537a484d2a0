#include <doctest/doctest.h>

#include "decoders/checksum.h"
#include "inline_run.h"

using namespace weir;
using namespace weir::engine;
using weir::test::Connection;
using weir::test::InlineRun;
using weir::test::tcp_frame;
using weir::test::udp_frame;

namespace {

constexpr weir::test::FrameAddress kClient{0x0a000001, 40000}, kServer{0x0a000002, 80};
constexpr std::string_view kRequest = "GET /bad HTTP/1.1\r\nHost: example.com\r\n\r\n";

std::vector<std::string> with_request(Connection& c, std::string_view request = kRequest) {
  auto frames = c.handshake();
  frames.push_back(c.client(request));
  return frames;
}

}  // namespace

TEST_CASE("decide: a rule about the stream drops the packet and the rest of the flow, a retransmission too") {
  InlineRun run("drop http any any -> any any (http.uri; content:\"bad\"; sid:1;)");
  Connection c;
  auto frames = with_request(c);
  frames.push_back(frames.back());  // sent again
  frames.push_back(c.server("", tcp_flag::ack));
  CHECK(run.play_all(frames) == "aaaddd");
  CHECK(run.pipeline.outcome().reason == DropReason::flow_drop);
  run.finish();
  CHECK(run.count("\"event_type\":\"alert\"", "\"action\":\"blocked\"") == 1);
  CHECK(run.count("\"event_type\":\"drop\"", "\"reason\":\"rules\"") == 1);
  CHECK(run.count("\"event_type\":\"drop\"", "\"reason\":\"flow drop\"") == 2);
  CHECK(run.count("\"event_type\":\"http\"") == 0);  // it had no answer when it was dropped, and gets none
  CHECK(run.count("\"event_type\":\"flow\"", "\"action\":\"drop\"") == 1);
}

TEST_CASE("decide: a rule about one packet drops that packet alone") {
  InlineRun run("drop tcp any any -> any any (dsize:3; sid:1;)");
  Connection c;
  auto frames = with_request(c, "abc");
  frames.push_back(c.client("defg"));
  CHECK(run.play_all(frames) == "aaada");
  run.finish();
  CHECK(run.count("\"event_type\":\"flow\"", "\"action\"") == 0);
}

TEST_CASE("decide: rules about addresses and ports are looked at once a direction and concern the flow") {
  InlineRun run("drop tcp any any -> any 80 (sid:1;)\ndrop tcp any any -> any 81 (flow:to_server; sid:2;)");
  Connection web, other({0x0a000001, 40001}, {0x0a000002, 81});
  CHECK(run.play_all(web.handshake()) == "ddd");
  CHECK(run.play_all(other.handshake()) == "dad");
  run.finish();
  CHECK(run.count("\"event_type\":\"alert\"", "\"signature_id\":1") == 1);
  CHECK(run.count("\"event_type\":\"alert\"", "\"signature_id\":2") == 2);
}

TEST_CASE(
    "decide: alerts of rules that look at no transaction show the only open one, so often, and only on "
    "request") {
  const auto run_with = [](std::string_view settings, std::string_view requests) {
    InlineRun run(
        "alert tcp any any -> any any (flow:to_server,established; sid:1;)\n"
        "alert http any any -> any any (http.uri; content:\"nowhere\"; sid:2;)",
        settings);
    Connection c;
    auto frames = with_request(c, requests);
    for (int i = 0; i < 2; ++i) frames.push_back(c.client("more"));
    run.play_all(frames);
    run.finish();
    return run.count("\"event_type\":\"alert\"", "\"tx_guessed\":true");
  };
  constexpr std::string_view kPost = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n";
  CHECK(run_with("", kPost) == 0);
  CHECK(run_with("detect: {guess-applayer-tx: yes}", kPost) == 3);
  CHECK(run_with("detect: {guess-applayer-tx: yes, stream-tx-log-limit: 2}", kPost) == 2);
  // Both are open when their packet is looked at; then rules are done with the first.
  CHECK(run_with("detect: {guess-applayer-tx: yes}", std::string(kRequest) + std::string(kPost)) == 2);
}

TEST_CASE("decide: the order of actions says who wins, and behind a pass rule nothing counts") {
  struct Row {
    std::string_view rules, verdicts, sids;  // sids of the alerts in order
  };
  constexpr Row kRows[] = {
      // By default pass rules come first.
      {"drop udp any any -> any any (content:\"x\"; sid:1;)\npass udp any any -> any any (content:\"x\"; "
       "sid:2;)",
       "aa", ""},
      {"drop udp any any -> any any (content:\"x\"; sid:1;)\npass udp any any -> any any (content:\"x\"; "
       "alert; sid:2;)",
       "aa", "22"},
      {"alert udp any any -> any any (content:\"x\"; sid:1;)\ndrop udp any any -> any any (content:\"x\"; "
       "sid:2;)",
       "dd", "2121"},
      // An action on the flow outlives the packet: the first one stands.
      {"pass udp any any -> any 53 (sid:1;)\ndrop udp any any -> any any (content:\"x\"; sid:2;)", "aa", ""},
      {"drop udp any any -> any 53 (noalert; sid:1;)\nalert udp any any -> any any (content:\"x\"; sid:2;)",
       "dd", "2"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.rules);
    InlineRun run(row.rules);
    const std::string frame = udp_frame(kClient, {0x0a000002, 53}, "x");
    CHECK(run.play_all({frame, frame}) == row.verdicts);
    std::string sids;
    for (const std::string& line : run.lines)
      if (line.find("\"event_type\":\"alert\"") != std::string::npos)
        sids += line[line.find("\"signature_id\":") + 15];
    CHECK(sids == row.sids);
  }
}

TEST_CASE("decide: reject rules name whom to tell, and are answered in detect mode, too") {
  struct Row {
    std::string_view action, target;
    RejectTarget to;
  };
  constexpr Row kRows[] = {{"reject", "to_client", RejectTarget::source},
                           {"rejectsrc", "to_client", RejectTarget::source},
                           {"rejectdst", "to_server", RejectTarget::destination},
                           {"rejectboth", "both", RejectTarget::both}};
  for (const Row& row : kRows) {
    CAPTURE(row.action);
    for (const bool prevent : {true, false}) {
      InlineRun run(std::string(row.action) + " udp any any -> any any (content:\"x\"; sid:1;)", "", prevent);
      CHECK(run.play(udp_frame(kClient, kServer, "x")) == 'r');
      const Outcome& outcome = run.pipeline.outcome();
      REQUIRE(outcome.rejected != nullptr);
      CHECK(outcome.reject == row.to);
      CHECK(outcome.rejected->destination_port == kServer.port);
      CHECK(run.count("\"event_type\":\"alert\"", "\"action\":\"blocked\"") == 1);
      CHECK(run.count("\"reject-target\":\"" + std::string(row.target), "\"reject\":[\"icmp-prohib\"]") >= 1);
      CHECK(run.count("\"event_type\":\"drop\"") == (prevent ? 1 : 0));
      CHECK(run.count("\"verdict\":{\"action\":\"drop\"") == (prevent ? 2 : 0));
    }
  }
}

TEST_CASE("decide: drop rules in detect mode end detection in the flow, and nothing else") {
  InlineRun run(
      "drop http any any -> any any (http.uri; content:\"bad\"; sid:1;)\n"
      "alert tcp any any -> any any (content:\"later\"; sid:2;)",
      "", false);
  Connection c;
  auto frames = with_request(c);
  frames.push_back(c.server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlater"));
  frames.push_back(c.client("", tcp_flag::ack));
  frames.push_back(c.server("", tcp_flag::ack));
  CHECK(run.play_all(frames) == "aaaaaaa");
  run.finish();
  CHECK(run.count("\"event_type\":\"alert\"", "\"action\":\"allowed\"") == 1);
  CHECK(run.count("\"signature_id\":2") == 0);
  CHECK(run.count("\"event_type\":\"http\"") == 1);
  CHECK(run.count("\"event_type\":\"flow\"", "\"action\":\"drop\"") == 1);
}

TEST_CASE("decide: a rate filter that drops has a reason of its own") {
  InlineRun run("alert udp any any -> any any (content:\"x\"; sid:1;)");
  // No threshold file here: what the policy makes of the flag is what counts; see the cases for the whole.
  RuleActions actions;
  CHECK(actions.reject == RejectTarget::none);
  actions.answer(RejectTarget::source);
  actions.answer(RejectTarget::destination);
  CHECK(actions.reject == RejectTarget::both);
}

TEST_CASE("decide: after bypass the flow is counted and nothing more") {
  InlineRun run(
      "alert http any any -> any any (http.uri; content:\"bad\"; bypass; sid:1;)\n"
      "drop tcp any any -> any any (content:\"later\"; sid:2;)");
  Connection c;
  auto frames = with_request(c);
  frames.push_back(c.client("later"));
  CHECK(run.play_all(frames) == "aaaaa");
  CHECK(run.pipeline.outcome().bypass);
  run.finish();
  CHECK(run.pipeline.counters().flow_bypassed_pkts == 1);
  CHECK(run.count("\"signature_id\":2") == 0);
  CHECK(run.count("\"event_type\":\"http\"") == 0);
  CHECK(run.count("\"event_type\":\"flow\"", "\"state\":\"bypassed\"") == 1);
}

TEST_CASE("decide: stream.bypass lets go of a flow of which a side reached the depth") {
  for (const bool on : {true, false}) {
    InlineRun run("alert tcp any any -> any 1 (sid:1;)",
                  std::string("stream: {bypass: ") + (on ? "yes" : "no") + ", reassembly: {depth: 20}}\n");
    Connection c;
    run.play_all(with_request(c));
    run.play(c.client("more"));
    CHECK(run.pipeline.counters().flow_bypassed_pkts == (on ? 1 : 0));
  }
}

TEST_CASE("decide: connections that began before us get what the policy says") {
  struct Row {
    std::string_view settings, verdicts, flow;
  };
  constexpr Row kRows[] = {
      {"a: b", "ddd", "\"policy\":\"drop_flow\""},
      {"exception-policy: ignore", "aad", "\"policy\":\"ignore\""},
      {"stream: {midstream: yes}", "aad", "\"policy\":\"ignore\""},
      {"stream: {midstream-policy: bypass}", "aaa", "\"state\":\"bypassed\""},
      {"stream: {midstream-policy: reject}", "rdd", "\"action\":\"drop\""},
      {"stream: {midstream: yes, midstream-policy: pass-flow}", "aaa", "\"action\":\"pass\""},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.settings);
    InlineRun run("drop tcp any any -> any any (content:\"evil\"; sid:1;)", std::string(row.settings) + "\n");
    Connection c;
    CHECK(run.play_all({c.client("one"), c.server("two"), c.client("evil")}) == row.verdicts);
    run.finish();
    CHECK(run.count("\"event_type\":\"flow\"", row.flow) == 1);
    CHECK(run.count("\"event_type\":\"flow\"", "\"target\":\"stream_midstream\"") == 1);
  }
}

TEST_CASE("decide: a policy that drops a flow says so in its own way") {
  InlineRun run("alert tcp any any -> any 1 (sid:1;)");
  Connection c;
  run.play_all({c.client("one"), c.server("two"), c.client("x")});
  CHECK(run.count("\"reason\":\"stream midstream\"") == 1);
  CHECK(run.count("\"reason\":\"exception policy flow drop\"") == 2);
  CHECK(run.pipeline.counters().exceptions[static_cast<std::size_t>(ExceptionTarget::stream_midstream)] == 1);
  CHECK(run.pipeline.counters().drop_reasons[static_cast<std::size_t>(DropReason::exception_flow_drop)] == 2);
}

TEST_CASE("decide: what the receiver would not take is dropped, unless stream.drop-invalid is off") {
  for (const bool on : {true, false}) {
    InlineRun run("alert tcp any any -> any any (stream-event:est_packet_out_of_window; sid:1;)",
                  std::string("stream: {drop-invalid: ") + (on ? "yes" : "no") + "}\n");
    Connection c;
    run.play_all(c.handshake());
    const std::string far = tcp_frame(kClient, kServer, tcp_flag::ack, 900'000'000, 5001, "far");
    CHECK(run.play(far) == (on ? 'd' : 'a'));
    CHECK(run.count("\"event_type\":\"alert\"") == 1);  // stream events are looked at all the same
    CHECK(run.count("\"reason\":\"stream error\"") == (on ? 1 : 0));
    CHECK(run.play(c.client("near")) == 'a');
  }
}

TEST_CASE("decide: a parser's error brings its policy, which an open gateway does not weaken") {
  struct Row {
    std::string_view settings;
    bool fail_open;
    char error, behind;
  };
  constexpr Row kRows[] = {{"", false, 'd', 'd'},
                           {"", true, 'd', 'd'},
                           {"app-layer: {error-policy: drop-packet}", true, 'd', 'a'},
                           {"exception-policy: ignore", true, 'a', 'a'},
                           {"exception-policy: ignore", false, 'a', 'a'}};
  for (const Row& row : kRows) {
    CAPTURE(row.settings);
    CAPTURE(row.fail_open);
    InlineRun run(std::make_shared<const weir::test::InlineParts>(
        "alert tcp any any -> any 1 (sid:1;)", std::string(row.settings) + "\n", true, 0, row.fail_open));
    Connection c;
    CHECK(run.play_all(c.handshake()) == "aaa");
    CHECK(run.play(c.client("SSH-2.0-x\r\n")) == 'a');
    CHECK(run.play(c.client(std::string(8, '\0'))) == row.error);  // no record is that short
    CHECK(run.play(c.client("more")) == row.behind);
  }
}

TEST_CASE("decide: an open gateway inspects connections that began before it") {
  InlineRun run(std::make_shared<const weir::test::InlineParts>(
      "drop http any any -> any any (http.uri; content:\"/secret\"; sid:1;)", "", true, 0, true));
  Connection c;
  c.handshake();  // not seen
  CHECK(run.play(c.client("GET /open HTTP/1.1\r\nHost: a\r\n\r\n")) == 'a');
  CHECK(run.play(c.client("GET /secret HTTP/1.1\r\nHost: a\r\n\r\n")) == 'd');
}

TEST_CASE(
    "decide: what waits behind a hole beyond the limit does not go on, and comes again when there is room") {
  const std::uint32_t limit = StreamSettings{}.max_segments_queued;
  InlineRun run(std::make_shared<const weir::test::InlineParts>(
      "drop tcp any any -> any any (content:\"evil\"; sid:1;)", "", true, 0, true));
  Connection c;
  run.play_all(c.handshake());
  const auto at = [](std::uint32_t offset, std::string_view data) {
    return tcp_frame(kClient, kServer, tcp_flag::ack, 1001 + offset, 5001, data);
  };
  for (std::uint32_t i = 0; i < limit; ++i) REQUIRE(run.play(at(4 + 2 * i, "x")) == 'a');
  const std::uint32_t behind = 4 + 2 * limit;
  CHECK(run.play(at(behind, "y")) == 'd');
  CHECK(run.pipeline.outcome().reason == DropReason::stream_reassembly);
  std::string whole;
  for (std::uint32_t i = 0; i < limit; ++i) whole += "x-";
  for (std::uint32_t i = 0; i < whole.size(); i += 1000)
    CHECK(run.play(at(4 + i, std::string_view(whole).substr(i, 1000))) == 'a');
  CHECK(run.play(at(behind, "y")) == 'a');
}

TEST_CASE("decide: memory that is not there is a matter of policy") {
  struct Row {
    std::string_view settings, verdicts;
    DropReason reason;
  };
  constexpr Row kRows[] = {
      {"stream: {memcap: 1}", "d", DropReason::stream_memcap},
      {"stream: {memcap: 1, memcap-policy: drop-packet}", "d", DropReason::stream_memcap},
      {"stream: {memcap: 1, memcap-policy: ignore}", "a", DropReason::none},
      {"flow: {memcap: 1}", "d", DropReason::flow_memcap},
      {"flow: {memcap: 1, memcap-policy: pass-packet}", "a", DropReason::none},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.settings);
    InlineRun run("alert tcp any any -> any 1 (sid:1;)", std::string(row.settings) + "\n");
    Connection c;
    CHECK(std::string(1, run.play(c.handshake().front())) == row.verdicts);
    CHECK(run.pipeline.outcome().reason == row.reason);
  }
}

TEST_CASE("decide: replace rewrites the packet that goes on, with its checksum, and says so") {
  InlineRun run(
      "alert tcp any any -> any any (content:\"GET\"; replace:\"PUT\"; content:\"bad\"; replace:\"|62 "
      "61|g\"; sid:1;)\n"
      "alert udp any any -> any any (content:\"ab\"; replace:\"cd\"; content:\"zz\"; sid:2;)");
  Connection c;
  CHECK(run.play_all(with_request(c)) == "aaaa");
  const Outcome& outcome = run.pipeline.outcome();
  REQUIRE(outcome.replaced);
  const std::string sent(outcome.frame.begin(), outcome.frame.end());
  CHECK(sent.find("PUT /bag HTTP/1.1") == 54);
  CHECK(transport_checksum(IpAddress::v4(kClient.ip), IpAddress::v4(kServer.ip), 6,
                           outcome.frame.subspan(34)) == 0);
  CHECK(run.count("\"signature_id\":1") == 1);
  CHECK(run.pipeline.counters().ips_replaced == 1);

  CHECK(run.play(udp_frame(kClient, kServer, "ab")) == 'a');  // the rule needs more than that
  CHECK_FALSE(run.pipeline.outcome().replaced);
}

TEST_CASE("decide: other bytes than the receiver was sent before are made the same") {
  InlineRun run("alert tcp any any -> any 1 (sid:1;)");
  Connection c;
  run.play_all(with_request(c, "AAAA"));
  const std::string again = tcp_frame(kClient, kServer, tcp_flag::ack | tcp_flag::psh, 1001, 5001, "BBBB");
  CHECK(run.play(again) == 'a');
  const Outcome& outcome = run.pipeline.outcome();
  CHECK(outcome.replaced);
  CHECK(std::string(outcome.frame.end() - 4, outcome.frame.end()) == "AAAA");
}

TEST_CASE("decide: an urgent byte between other bytes than were sent before keeps its place") {
  InlineRun run("alert tcp any any -> any 1 (sid:1;)");
  Connection c;
  run.play_all(with_request(c, "AAAA"));
  std::string again = tcp_frame(kClient, kServer, tcp_flag::ack | tcp_flag::urg, 1001, 5001, "BBBB!BB");
  again[14 + 20 + 19] = 5;
  CHECK(run.play(again) == 'a');
  const Outcome& outcome = run.pipeline.outcome();
  CHECK(outcome.replaced);
  CHECK(std::string(outcome.frame.end() - 7, outcome.frame.end()) == "AAAA!BB");
}

TEST_CASE("decisions: a packet that takes longer than its budget decides about its flow by policy") {
  constexpr std::string_view kRules = "alert udp any any -> any any (content:\"evil\"; sid:1;)\n";
  struct Row {
    std::string_view policy;
    std::string_view verdicts;
  };
  for (const Row& row : {Row{"pass-flow", "aa"}, Row{"drop-flow", "dd"}, Row{"drop-packet", "dd"}}) {
    CAPTURE(row.policy);
    constexpr Ticks kNothing = 1;  // of a processor's clock: no inspection is as fast
    InlineRun run(kRules, "weir: {packet-budget-policy: " + std::string(row.policy) + "}", true, kNothing);
    const std::string frame = udp_frame({0x0a000001, 4000}, {0x0a000002, 5000}, "evil");
    CHECK(run.play_all({frame, frame}) == row.verdicts);
    CHECK(run.count("\"event_type\":\"alert\"") == 0);
  }
  InlineRun unlimited(kRules);
  unlimited.play(udp_frame({0x0a000001, 4000}, {0x0a000002, 5000}, "evil"));
  CHECK(unlimited.count("\"event_type\":\"alert\"") == 1);
}

TEST_CASE("decide: data behind the end of a direction is inspected or does not go on") {
  constexpr std::uint8_t kFin = tcp_flag::fin | tcp_flag::ack, kRst = tcp_flag::rst | tcp_flag::ack;
  struct Row {
    std::uint8_t client, server;  // flags of what ends it, in this order
    std::string_view behind;      // the verdicts of a forbidden request in two segments
  };
  constexpr Row kRows[] = {{kFin, 0, "dd"},
                           {kFin, kFin, "dd"},
                           {0, kFin, "ad"},  // the server still listens
                           {0, kRst, "dd"},
                           {kRst, 0, "ad"}};  // somebody else's: the client goes on
  for (const Row& row : kRows) {
    CAPTURE(row.client);
    CAPTURE(row.server);
    InlineRun run(
        "drop tcp any any -> any any (flow:to_server; content:\"evil\"; sid:1;)\n"
        "drop http any any -> any any (http.uri; content:\"evil\"; sid:2;)");
    Connection c;
    run.play_all(c.handshake());
    CHECK(run.play(c.client("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")) == 'a');
    if (row.client != 0) CHECK(run.play(c.client("", row.client)) == 'a');
    if (row.server != 0) CHECK(run.play(c.server("", row.server)) == 'a');
    CHECK(run.play_all({c.client("GET /ev"), c.client("il HTTP/1.1\r\nHost: a\r\n\r\n")}) == row.behind);
  }
}

TEST_CASE("decide: what was sent before the end may come again behind it") {
  InlineRun run("alert tcp any any -> any 1 (sid:1;)");
  Connection c;
  run.play_all(c.handshake());
  const std::string data = c.client("all of it", tcp_flag::ack | tcp_flag::fin);
  CHECK(run.play(data) == 'a');
  CHECK(run.play(data) == 'a');
  CHECK(run.play(c.server("", tcp_flag::ack | tcp_flag::fin)) == 'a');
  CHECK(run.play(data) == 'a');
  CHECK(run.play(c.server("", tcp_flag::rst | tcp_flag::ack)) == 'a');
  CHECK(run.play(data) == 'a');
}
