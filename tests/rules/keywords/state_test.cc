// Keywords about flows, what rules keep about them, and events.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "decoders/app/protocol_ids.h"
#include "rules/state/shared_state.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;
using test::with_options;

namespace {

// One packet of one flow.
struct Scene {
  Packet packet;
  FlowFacts flow;
  FlowVars vars;
  SharedState shared;
  std::vector<std::string_view> app_events;
  std::vector<Anomaly> stream_events;
  RuleEnvironment environment;

  Scene() {
    packet.ip.version = 4;
    packet.ip.source = IpAddress::v4(1);
    packet.ip.destination = IpAddress::v4(2);
    packet.raw.time = 1'000'000'000;
    flow.vars = &vars;
  }
  PacketContext context(Direction d = Direction::to_server) {
    return {.packet = packet,
            .direction = d,
            .flow = &flow,
            .app_events = &app_events,
            .stream_events = &stream_events,
            .shared = &shared};
  }
  // The rule's conditions hold; its effects are applied when they do.
  bool run(std::string_view options, Direction d = Direction::to_server) {
    const auto one =
        test::load("alert ip any any -> any any (" + std::string(options) + " sid:1;)", environment);
    REQUIRE_MESSAGE(one.signature != nullptr, one.error);
    const PacketContext c = context(d);
    if (!test::packet_checks_hold(*one.signature, c)) return false;
    for (const auto& effect : one.signature->effects) effect->apply(c);
    return true;
  }
};

void check_refused(std::initializer_list<const char*> texts) {
  for (const char* text : texts) {
    CAPTURE(text);
    CHECK(with_options(text).signature == nullptr);
  }
}

}  // namespace

TEST_CASE("flow options are read into the rule") {
  const auto one = with_options("flow: from_server , established,no_frag;");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  CHECK(one.signature->flow.to_client);
  CHECK(one.signature->flow.established);
  CHECK(one.signature->flow.no_frag);
  CHECK_FALSE(one.signature->flow.to_server);
  check_refused({"flow:sideways;", "flow:to_server;to_client;", "flow;"});
}

TEST_CASE("flow bits are set by one rule and asked for by another") {
  Scene s;
  CHECK(s.run("flowbits:isnotset,a;"));
  CHECK_FALSE(s.run("flowbits:isset,a;"));
  CHECK(s.run("flowbits:set,a;"));
  CHECK(s.run("flowbits: isset, a;"));
  CHECK(s.run("flowbits:isset,b|a;"));
  CHECK_FALSE(s.run("flowbits:isset,b|c;"));
  CHECK(s.run("flowbits:toggle,a; flowbits:toggle,b;"));
  CHECK_FALSE(s.run("flowbits:isset,a;"));
  CHECK(s.run("flowbits:isset,b;"));
  CHECK(s.run("flowbits:unset,b;"));
  CHECK(s.run("flowbits:isnotset,b;"));
  const auto one = with_options("flowbits:isset,x; flowbits:isset,y|z; flowbits:set,w; flowbits:noalert;");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  CHECK(one.signature->requires_bits.size() == 1);
  CHECK(one.signature->sets_bits.size() == 1);
  CHECK(one.signature->noalert);
  check_refused({"flowbits:set;", "flowbits:set,;", "flowbits:set,a|b;", "flowbits:jump,a;",
                 "flowbits:noalert,a;", "flowbits:isset,a b;"});
}

TEST_CASE("flow integers count, compare with numbers and with each other, and stay within 32 bits") {
  Scene s;
  CHECK(s.run("flowint:n,notset;"));
  CHECK_FALSE(s.run("flowint:n,>=,0;"));
  CHECK(s.run("flowint: n, +, 3;"));
  CHECK(s.run("flowint:n,isset; flowint:n,==,3; flowint:n,<,4; flowint:n,!=,5;"));
  CHECK(s.run("flowint:m,=,2;"));
  CHECK(s.run("flowint:n,>,m;"));
  CHECK(s.run("flowint:n,-,m;"));
  CHECK(s.run("flowint:n,==,1;"));
  CHECK(s.run("flowint:n,-,5;"));
  CHECK(s.run("flowint:n,==,0;"));
  CHECK(s.run("flowint:n,=,4294967295; flowint:n,+,9;"));
  CHECK(s.run("flowint:n,==,4294967295;"));
  CHECK_FALSE(s.run("flowint:n,==,unknown;"));
  check_refused({"flowint:n;", "flowint:n,~,1;", "flowint:n,+;", "flowint:n,+,4294967296;",
                 "flowint:n,isset,1;", "flowint:,+,1;"});
}

TEST_CASE("bits on addresses outlive the flow, until they expire") {
  Scene s;
  CHECK(s.run("xbits:set,x,track ip_src,expire 10;"));
  CHECK(s.run("xbits:isset,x,track ip_src;"));
  CHECK_FALSE(s.run("xbits:isset,x,track ip_dst;"));
  CHECK(s.run("hostbits:isset,x,src;"));
  std::swap(s.packet.ip.source, s.packet.ip.destination);
  CHECK(s.run("xbits:isset, x, track ip_dst;"));
  CHECK(s.run("xbits:set,pair,track ip_pair,expire 10;"));
  std::swap(s.packet.ip.source, s.packet.ip.destination);
  CHECK(s.run("xbits:isset,pair,track ip_pair;"));
  s.packet.raw.time += 11'000'000;
  CHECK(s.run("xbits:isnotset,x,track ip_src;"));
  CHECK(s.run("hostbits:toggle,y,dst,60;"));
  CHECK(s.run("hostbits:isset,y,dst;"));
  CHECK(s.run("hostbits:unset,y,dst;"));
  CHECK(s.run("hostbits:isnotset,y,dst;"));
  check_refused({"xbits:set,x;", "xbits:set,x,track tx;", "xbits:set,x,track ip_src,expire 0;",
                 "xbits:set,x,ip_src;", "xbits:jump,x,track ip_src;", "xbits:set,,track ip_src;",
                 "hostbits:set,x,both;", "hostbits:set,x,src,y;"});
}

TEST_CASE("bits on transactions are set and asked for by rules that look at some") {
  for (const char* text : {"xbits:set,x,track tx;", "http.uri; content:\"a\"; xbits:isset, x, track tx;",
                           "content:\"a\"; xbits:set,x,track tx;"}) {
    CAPTURE(text);
    CHECK(test::http_with(text).error.empty());
  }
  for (const char* text :
       {"xbits:unset,x,track tx;", "xbits:toggle,x,track tx;", "xbits:isnotset,x,track tx;",
        "xbits:set,,track tx;", "xbits:set,x,track tx,expire 3;", "dsize:3; xbits:set,x,track tx;"}) {
    CAPTURE(text);
    CHECK(test::http_with(text).signature == nullptr);
  }
  CHECK(with_options("http.uri; content:\"a\"; xbits:set,x,track tx;").error.empty());
  check_refused({"xbits:isset,x,track tx;", "content:\"a\"; xbits:set,x,track tx;",
                 "app-layer-protocol:http; xbits:set,x,track tx;"});
}

TEST_CASE("counters of the flow") {
  Scene s;
  s.flow.start = s.packet.raw.time - 21'500'000;
  s.flow.packets = {10, 3};
  s.flow.bytes = {3000, 100};
  s.flow.stream_bytes = {4, 1200};
  s.flow.has_tcp_session = true;
  CHECK(s.run("flow.age:>20;"));
  CHECK_FALSE(s.run("flow.age:>21;"));
  CHECK(s.run("flow.pkts:toserver,10; flow.pkts:toclient,<4; flow.pkts:either,=3; flow.pkts:both,>2;"));
  CHECK_FALSE(s.run("flow.pkts:both,>3;"));
  CHECK(s.run("flow.pkts_toserver:10; flow.bytes_toclient:<200; flow.bytes:toserver,>=3000;"));
  CHECK(s.run(
      "stream_size:server,>,1111; stream_size:client,<,5; stream_size:either,=,4; stream_size:both,!=,7;"));
  s.flow.has_tcp_session = false;
  CHECK_FALSE(s.run("stream_size:client,<,5;"));
  check_refused({"flow.pkts:10;", "flow.pkts:sideways,1;", "flow.age:x;", "stream_size:server,5;",
                 "stream_size:all,<,5;", "stream_size:server,~,5;", "stream_size:server,<,x;"});
}

TEST_CASE("the application protocol of the flow") {
  Scene s;
  CHECK_FALSE(s.run("app-layer-protocol:http;"));
  CHECK_FALSE(s.run("app-layer-protocol:!http;"));
  CHECK(s.run("app-layer-protocol:unknown; app-layer-protocol:unknown,final;"));
  s.flow.protocol_by_direction = {AppProto::http, AppProto::failed};
  s.flow.protocol = AppProto::http;
  CHECK(s.run("app-layer-protocol:http;"));
  CHECK_FALSE(s.run("app-layer-protocol:http;", Direction::to_client));
  CHECK_FALSE(s.run("app-layer-protocol:unknown;"));
  CHECK_FALSE(s.run("app-layer-protocol:unknown,either;"));
  CHECK(s.run("app-layer-protocol:failed;", Direction::to_client));
  CHECK(s.run("app-layer-protocol:!tls; app-layer-protocol:http1,final;"));
  CHECK(s.run("app-layer-protocol:http,either; app-layer-protocol:!tls,both;"));
  CHECK_FALSE(s.run("app-layer-protocol:http,both;"));
  CHECK_FALSE(s.run("app-layer-protocol:http,original;"));
  s.flow.original_protocol = AppProto::http;
  CHECK(s.run("app-layer-protocol:http,original;"));
  s.flow.protocol_by_direction[0] = AppProto::http2;
  CHECK(s.run("app-layer-protocol:http,to_server;"));
  CHECK_FALSE(s.run("app-layer-protocol:http1,to_server;"));
  check_refused(
      {"app-layer-protocol:nonsense;", "app-layer-protocol:http,sideways;", "app-layer-protocol:!unknown;"});
}

TEST_CASE("events of decoder, stream engine and protocol detection") {
  Scene s;
  CHECK_FALSE(s.run("decode-event:too_many_layers;"));
  s.packet.note({Anomaly::too_many_layers, 0});
  CHECK(s.run("decode-event:too_many_layers;"));
  CHECK(s.run("engine-event:too_many_layers;"));
  CHECK_FALSE(s.run("app-layer-event:applayer_wrong_direction_first_data;"));
  s.app_events.push_back("applayer_wrong_direction_first_data");
  CHECK(s.run("app-layer-event:applayer_wrong_direction_first_data;"));
  CHECK_FALSE(s.run("app-layer-event:applayer_no_tls_after_starttls;"));
  s.app_events.push_back("applayer_no_tls_after_starttls");
  CHECK(s.run("app-layer-event:applayer_no_tls_after_starttls;"));
  CHECK_FALSE(s.run("app-layer-event:applayer_unexpected_protocol;"));
  for (const char* text : {"decode-event:udp.hlen_invalid;", "stream-event:reassembly_no_segment;",
                           "engine-event:udp.hlen_invalid;", "app-layer-event:http.unknown_error;"}) {
    CAPTURE(text);
    CHECK(with_options(text).error.find("is never raised: ") != std::string::npos);
  }
  CHECK_FALSE(s.run("stream-event:wrong_thread;"));
  check_refused({"decode-event:nonsense;", "stream-event:nonsense;", "app-layer-event:nonsense;",
                 "app-layer-event:http.nonsense;"});
}

TEST_CASE("events of a protocol are looked for in its transactions") {
  const auto one = with_options("app-layer-event:http.missing_host_header;");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  REQUIRE(one.signature->tx_checks.size() == 1);
  CHECK(one.signature->tx_checks[0].protocol == AppProto::http);
  Transaction tx(0);
  CHECK_FALSE(one.signature->tx_checks[0].check->matches(tx, Direction::to_server));
  for (int code = 0; code < 256 && tx.events.size() < kMaxEventsPerTransaction; ++code)
    tx.raise(static_cast<std::uint8_t>(code));
}

TEST_CASE("checks without a flow do not match") {
  Packet p;
  for (const char* options :
       {"flowbits:isnotset,a;", "flowint:a,notset;", "flow.age:<9;", "flow.pkts:either,<9;",
        "stream_size:both,<,9;", "app-layer-protocol:!http;", "xbits:isnotset,a,track ip_src;"}) {
    CAPTURE(options);
    const auto one = with_options(options);
    REQUIRE_MESSAGE(one.signature != nullptr, one.error);
    CHECK_FALSE(test::packet_checks_hold(*one.signature, {.packet = p}));
  }
}
