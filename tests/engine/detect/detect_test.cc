#include "engine/detect/detect.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "decoders/app/parser.h"
#include "decoders/app/protocol.h"
#include "engine/app/app_layer.h"
#include "rules/load/rule_loader.h"
#include "tests/engine/packet_builder.h"

using namespace weir;
using namespace weir::engine;
using weir::test::kSecond;
using weir::test::PacketBuilder;

namespace {

// Rules as text, packets by hand, sids of the alerts as text: "1 2".
struct Harness {
  rules::SharedState shared;
  std::unique_ptr<Detect> detect;
  Flow flow;

  explicit Harness(std::string_view text, DetectSettings settings = {}) {
    rules::RuleEnvironment environment;
    rules::LoadedRules loaded;
    rules::load_rule_text(text, "test.rules", environment, loaded);
    for (const rules::RuleDiagnostic& d : loaded.diagnostics) FAIL(to_string(d));
    detect = std::make_unique<Detect>(rules::RuleSet::build(std::move(loaded.signatures), environment, {}), settings,
                                      shared);
    flow.id = 1;
    flow.protocol = 17;
    flow.client = IpAddress::v4(0x0a000001);
    flow.server = IpAddress::v4(0x0a000002);
    flow.client_port = 40000;
    flow.server_port = 80;
    flow.state = FlowState::established;
  }

  std::string run(const DetectInput& in) {
    std::string out;
    for (const Alert& a : detect->run(in).alerts)
      if (!a.suppressed) out += (out.empty() ? "" : " ") + std::to_string(a.signature->meta.sid);
    detect->let_go();
    return out;
  }
  // A datagram without a flow.
  std::string packet(PacketBuilder& b) { return run({.packet = b.get()}); }
  std::string payload(std::string_view text) {
    PacketBuilder b;
    return packet(b.udp().payload(text));
  }
  std::string in_flow(std::string_view text, Direction d = Direction::to_server) {
    PacketBuilder b;
    b.udp().payload(text);
    if (d == Direction::to_client) b.reversed();
    ++flow.packets[index(d)];
    return run({.packet = b.get(), .flow = &flow, .direction = d, .established = flow.state != FlowState::fresh});
  }
  void become_http() {
    const ProtocolInfo& info = protocol_info(AppProto::http);
    flow.protocol = 6;
    flow.app = std::make_unique<AppLayer>();
    flow.app->protocol = AppProto::http;
    static const std::unique_ptr<const ParserFactory> parsers =
        info.configure(no_settings());  // parsers look at its settings
    flow.app->parser = parsers->make();
    flow.app->parser->transactions().set_protocol(AppProto::http);
  }
  std::string feed(std::string_view text, Direction d = Direction::to_server) {
    flow.app->parser->parse({.direction = d,
                             .data = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()},
                             .time = kSecond});
    PacketBuilder b;
    b.tcp(tcp_flag::ack, 1, 1);
    if (d == Direction::to_client) b.reversed();
    return run({.packet = b.get(), .flow = &flow, .direction = d});
  }
};

}  // namespace

TEST_CASE("detect: a rule matches when all of its contents do, on the ports and addresses it names") {
  Harness h(
      "alert udp any any -> any 80 (content:\"abc\"; content:\"xyz\"; distance:1; sid:1;)\n"
      "alert udp any any -> any 81 (content:\"abc\"; sid:2;)\n"
      "alert udp 10.0.0.0/24 any -> any any (content:\"abc\"; depth:3; sid:3;)\n"
      "alert udp !10.0.0.0/24 any -> any any (content:\"abc\"; sid:4;)\n"
      "alert tcp any any -> any any (content:\"abc\"; sid:5;)\n");
  CHECK(h.payload("abc.xyz") == "1 3");
  CHECK(h.payload("abcxyz") == "3");
  CHECK(h.payload(".abc") == "");
  PacketBuilder elsewhere;
  CHECK(h.packet(elsewhere.udp().to(0x0a000002, 81).payload("..abc")) == "2");
}

TEST_CASE("detect: rules without a pattern are looked at too") {
  Harness h(
      "alert udp any any -> any any (dsize:3; sid:1;)\n"
      "alert udp any any -> any any (content:!\"x\"; sid:2;)\n"
      "alert udp any any -> any any (pcre:\"/^[0-9]+$/\"; sid:3;)\n"
      "alert ip any any -> any any (ttl:64; sid:4;)\n");
  CHECK(h.payload("123") == "1 2 3 4");
  CHECK(h.payload("xx") == "4");
}

TEST_CASE("detect: alerts come by action, priority and order in the file; pass silences the packet") {
  Harness h(
      "alert udp any any -> any any (content:\"a\"; priority:3; sid:1;)\n"
      "alert udp any any -> any any (content:\"a\"; priority:1; sid:2;)\n"
      "drop udp any any -> any any (content:\"a\"; priority:3; sid:3;)\n"
      "alert udp any any -> any any (content:\"a\"; priority:1; sid:4;)\n"
      "pass udp any any -> any any (content:\"secret\"; sid:5;)\n");
  CHECK(h.payload("a") == "3 2 4 1");
  CHECK(h.payload("a secret") == "");
}

TEST_CASE("detect: conditions that are given up at a limit do not hold and are counted, each time") {
  Harness h(
      "alert udp any any -> any any (pcre:\"/(a|aa)+\\d/\"; sid:1;)\n"
      "alert udp any any -> any any (content:\"a\"; content:\"a\"; distance:0; content:\"a\"; distance:0; "
      "content:\"a\"; distance:0; byte_test:1,=,98,0,relative; sid:2;)\n");
  const std::string runs_away(200, 'a');
  for (int n = 0; n < 2; ++n) {
    PacketBuilder b;
    const DetectResult& result = h.detect->run({.packet = b.udp().payload(runs_away).get()});
    CHECK(result.alerts.empty());
    CHECK(result.pcre_limits == 1);
    CHECK(result.chain_limits == 1);
  }
  PacketBuilder b;
  const DetectResult& result = h.detect->run({.packet = b.udp().payload("aa").get()});
  CHECK(result.pcre_limits == 0);
  CHECK(result.chain_limits == 0);
}

TEST_CASE("detect: more alerts than the queue takes are counted") {
  std::string rules;
  for (int sid = 1; sid <= 20; ++sid)
    rules += "alert udp any any -> any any (content:\"a\"; sid:" + std::to_string(sid) + ";)\n";
  Harness h(rules);
  PacketBuilder b;
  const DetectResult& result = h.detect->run({.packet = b.udp().payload("a").get()});
  CHECK(result.alerts.size() == 15);
  CHECK(result.overflow == 5);
}

TEST_CASE("detect: a flow bit that is set on a packet lets rules that wait for it match on the same packet") {
  Harness h(
      "alert udp any any -> any any (content:\"second\"; flowbits:isset,b; sid:1;)\n"
      "alert udp any any -> any any (content:\"first\"; flowbits:set,b; flowbits:noalert; sid:2;)\n");
  CHECK(h.in_flow("second") == "");
  CHECK(h.in_flow("first second") == "1");
  CHECK(h.in_flow("second") == "1");
}

TEST_CASE("detect: rules about addresses alone run once a direction of a flow, with a negation on every packet") {
  Harness h(
      "alert ip 10.0.0.1 any -> any any (sid:1;)\n"
      "alert ip any any -> 10.0.0.1 any (sid:2;)\n"
      "alert ip !192.168.0.0/16 any -> 10.0.0.2 any (sid:3;)\n");
  CHECK(h.in_flow("x") == "1 3");
  CHECK(h.in_flow("x") == "3");
  CHECK(h.in_flow("x", Direction::to_client) == "2");
  CHECK(h.in_flow("x", Direction::to_client) == "");
}

TEST_CASE("detect: flow keywords look at the direction and at whether both sides were seen") {
  Harness h(
      "alert udp any any -> any any (flow:to_client; content:\"a\"; sid:1;)\n"
      "alert udp any any -> any any (flow:established,to_server; content:\"a\"; sid:2;)\n");
  CHECK(h.in_flow("a", Direction::to_client) == "1");
  CHECK(h.in_flow("a") == "2");
  h.flow.state = FlowState::fresh;
  CHECK(h.in_flow("a") == "");
  CHECK(h.payload("a") == "");
}

TEST_CASE("detect: a threshold limits alerts, and several workers leave the question open") {
  const std::string rule =
      "alert udp any any -> any any (content:\"a\"; threshold:type limit, track by_src, count 1, seconds 60; sid:1;)\n";
  Harness one(rule);
  CHECK(one.payload("a") == "1");
  CHECK(one.payload("a") == "");
  Harness many(rule, {.defer_thresholds = true});
  PacketBuilder b;
  for (int i = 0; i < 2; ++i) {
    const DetectResult& result = many.detect->run({.packet = b.udp().payload("a").get()});
    REQUIRE(result.alerts.size() == 1);
    CHECK(result.alerts[0].deferred);
  }
}

TEST_CASE("detect: an application rule waits for its buffers and alerts once a transaction") {
  Harness h(
      "alert http any any -> any any (http.uri; content:\"/evil\"; http.user_agent; content:\"bot\"; sid:1;)\n"
      "alert http any any -> any any (http.method; content:\"GET\"; sid:2;)\n"
      "alert http any any -> any any (flow:to_client; http.stat_code; content:\"200\"; sid:3;)\n"
      "alert http any any => any any (http.uri; content:\"/evil\"; http.stat_code; content:\"200\"; sid:4;)\n");
  h.become_http();
  CHECK(h.feed("GET /evil HTTP/1.1\r\nHost: h\r\nUser-Agent: a bot\r\n\r\n") == "1 2");
  CHECK(h.feed("") == "");
  CHECK(h.feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Direction::to_client) == "3 4");
  CHECK(h.detect->finished(*h.flow.app->parser->transactions().find(0), Direction::to_server));
  CHECK(h.feed("GET /good HTTP/1.1\r\nUser-Agent: a bot\r\n\r\n") == "2");
}

TEST_CASE("detect: a bit on a transaction is there for all rules that look at it, and not in the next one") {
  Harness h(
      "alert http any any -> any any (http.uri; content:\"/evil\"; xbits:isset,evil,track tx; sid:1;)\n"
      "alert http any any -> any any (http.uri; content:\"/evil\"; xbits:set,evil,track tx; sid:2;)\n"
      "alert http any any -> any any (http.stat_code; content:\"200\"; xbits:isset,evil,track tx; sid:3;)\n"
      "alert http any any -> any any (flow:to_client; xbits:isset,evil,track tx; sid:4;)\n"
      "alert http any any -> any any (http.stat_code; content:\"200\"; xbits:isset,asked,track tx; sid:5;)\n"
      "alert http any any -> any any (http.method; content:\"HEAD\"; xbits:set,asked,track tx; sid:6;)\n");
  h.become_http();
  constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  CHECK(h.feed("GET /evil HTTP/1.1\r\nHost: h\r\n\r\n") == "2 1");
  CHECK(h.feed(answer, Direction::to_client) == "3 4");
  CHECK(h.feed("GET /good HTTP/1.1\r\nHost: h\r\n\r\n") == "");
  CHECK(h.feed(answer, Direction::to_client) == "");
  CHECK(h.feed("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n") == "6");
  CHECK(h.feed(answer, Direction::to_client) == "5");
}

TEST_CASE("detect: packet rules about one application protocol are found in its flows, however many there are") {
  std::string text =
      "alert smb any any -> any any (content:\"abc\"; sid:1;)\n"
      "alert dcerpc any any -> any any (content:\"abc\"; sid:2;)\n"
      "alert tcp any any -> any any (content:\"abc\"; sid:3;)\n";
  for (int i = 0; i < 40; ++i)  // enough for a group of their own
    text += "alert http any any -> any any (content:\"abc\"; content:\"" + std::to_string(i) + ".\"; sid:" +
            std::to_string(10 + i) + ";)\n";
  Harness h(text);
  h.flow.protocol = 6;
  const auto of_protocol = [&](AppProto protocol) {
    h.flow.app = std::make_unique<AppLayer>();
    h.flow.app->protocol = protocol;
    PacketBuilder b;
    b.tcp(tcp_flag::ack, 1, 1).payload("abc 7.");
    return h.run({.packet = b.get(), .flow = &h.flow});
  };
  CHECK(of_protocol(AppProto::unknown) == "3");
  CHECK(of_protocol(AppProto::tls) == "3");
  CHECK(of_protocol(AppProto::http) == "3 17");
  CHECK(of_protocol(AppProto::dcerpc) == "2 3");
  CHECK(of_protocol(AppProto::smb) == "1 2 3");
}

// 80 is a usual port of HTTP, where both are searched for in one pass; 81 is not; 79 has no rules of its own.
TEST_CASE("detect: rules about a port and about a protocol are found together, whichever the port") {
  Harness h(
      "alert tcp any any -> any [80,81] (content:\"abc\"; sid:1;)\n"
      "alert http any any -> any any (content:\"abc\"; sid:2;)\n"
      "alert tcp any any -> any any (content:\"abc\"; sid:3;)\n"
      "alert tcp any any -> any [80,81] (flags:A; sid:4;)\n");
  h.flow.protocol = 6;
  const auto found = [&](AppProto protocol, std::uint16_t port) {
    h.flow.app = std::make_unique<AppLayer>();
    h.flow.app->protocol = protocol;
    PacketBuilder b;
    b.to(0x0a000002, port).tcp(tcp_flag::ack, 1, 1).payload("abc");
    return h.run({.packet = b.get(), .flow = &h.flow});
  };
  for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{81}}) {
    CHECK(found(AppProto::unknown, port) == "1 3 4");
    CHECK(found(AppProto::http, port) == "1 2 3 4");
    CHECK(found(AppProto::tls, port) == "1 3 4");
  }
  CHECK(found(AppProto::unknown, 79) == "3");
  CHECK(found(AppProto::http, 79) == "2 3");
}
