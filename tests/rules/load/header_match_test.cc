#include "rules/load/header_match.h"

#include <string>

#include <doctest/doctest.h>

#include "decoders/app/protocol.h"
#include "rules/language/rule_parser.h"

using namespace weir;
using namespace weir::rules;

namespace {

// The compiled header, or the diagnostic of what is wrong with it.
struct Header {
  explicit Header(std::string_view header) {
    const VariableTexts variables{{"HOME_NET", "10.0.0.0/8"}}, ports{{"WEB", "[80,443]"}};
    HeaderSets sets(variables, ports);
    rule.file = "t";
    rule.line = 1;
    rule.text = std::string(header) + " (sid:1;)";
    auto diagnostic = parse_rule(rule);
    REQUIRE_FALSE(diagnostic.has_value());
    diagnostic = compile_header(rule, sets, signature);
    if (diagnostic) error = to_string(*diagnostic);
  }
  Rule rule;
  Signature signature;
  std::string error;
};

bool admits(const HeaderMatch& h, AppProto p) {
  return h.app_protocols.test(static_cast<std::size_t>(p));
}

}  // namespace

TEST_CASE("header: actions, directions and packet protocols") {
  struct Row {
    std::string_view header;
    Action action;
    std::uint8_t version;
    std::size_t protocols;
    bool any;
  };
  constexpr Row kRows[] = {
      {"alert ip any any -> any any", Action::alert, 0, 0, true},
      {"ALERT IP any any -> any any", Action::alert, 0, 0, true},
      {"pass tcp any any -> any any", Action::pass, 0, 1, false},
      {"drop udp any any -> any any", Action::drop, 0, 1, false},
      {"reject icmp any any -> any any", Action::reject, 0, 2, false},
      {"rejectsrc icmpv4 any any -> any any", Action::reject, 0, 1, false},
      {"rejectdst icmpv6 any any -> any any", Action::reject_dst, 0, 1, false},
      {"rejectboth sctp any any -> any any", Action::reject_both, 0, 1, false},
      {"config ip6 any any -> any any", Action::config, 6, 0, true},
      {"alert ipv4 any any -> any any", Action::alert, 4, 0, true},
      {"alert pkthdr any any -> any any", Action::alert, 0, 0, true},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.header);
    const Header c(row.header);
    REQUIRE_MESSAGE(c.error.empty(), c.error);
    const HeaderMatch& h = c.signature.header;
    CHECK(c.signature.action == row.action);
    CHECK(h.ip_version == row.version);
    CHECK(h.any_ip_protocol == row.any);
    CHECK(h.ip_protocols.count() == row.protocols);
    CHECK(h.app_protocols.none());
    CHECK(h.source == AddressSet::shared_any());
  }
  CHECK(Header("alert tcp-pkt any any -> any any").signature.header.packet_only);
  CHECK(Header("alert tcp-stream any any -> any any").signature.header.stream_only);
  CHECK(Header("alert pkthdr any any -> any any").signature.header.packet_header);
  CHECK(Header("alert tcp any any <> any any").signature.header.bidirectional);
  CHECK(Header("alert http any any => any any").signature.header.transactional);
}

TEST_CASE("header: a rule about an application protocol admits those that carry it, too") {
  const Header http("alert http any any -> any any"), http1("alert http1 any any -> any any");
  CHECK(admits(http.signature.header, AppProto::http));
  CHECK(admits(http.signature.header, AppProto::http2));
  CHECK(admits(http1.signature.header, AppProto::http));
  CHECK_FALSE(admits(http1.signature.header, AppProto::http2));
  CHECK(admits(Header("alert dcerpc any any -> any any").signature.header, AppProto::smb));
  CHECK_FALSE(admits(Header("alert smb any any -> any any").signature.header, AppProto::dcerpc));
  CHECK(admits(Header("alert ftp-data any any -> any any").signature.header, AppProto::ftp_data));
}

TEST_CASE("header: addresses and ports go where they belong") {
  const Header c("alert tcp $HOME_NET 1024: -> !$HOME_NET $WEB");
  REQUIRE(c.error.empty());
  const HeaderMatch& h = c.signature.header;
  CHECK(h.source->contains(IpAddress::v4(0x0a000001)));
  CHECK_FALSE(h.destination->contains(IpAddress::v4(0x0a000001)));
  CHECK(h.source_ports->contains(2000));
  CHECK(h.destination_ports->contains(443));
  CHECK_FALSE(h.destination_ports->contains(81));
}

TEST_CASE("header: hooks name a progress of a side") {
  for (const auto protocol : {AppProto::http, AppProto::tls, AppProto::dns}) {
    const ProtocolInfo& info = protocol_info(protocol);
    for (const auto direction : {Direction::to_server, Direction::to_client}) {
      const auto& states = direction == Direction::to_server ? info.states_to_server : info.states_to_client;
      for (std::size_t i = 0; i < states.size(); ++i) {
        const Header c("alert " + std::string(info.name) + ":" + std::string(states[i]) +
                       " any any -> any any");
        CAPTURE(states[i]);
        REQUIRE_MESSAGE(c.error.empty(), c.error);
        REQUIRE(c.signature.hook.has_value());
        CHECK(c.signature.hook->protocol == protocol);
        CHECK(c.signature.tx_checks.size() == 1);
      }
    }
  }
  const Header start("alert tcp:flow_start any any -> any any");
  REQUIRE(start.signature.hook.has_value());
  CHECK(start.signature.hook->flow_start);
  const Header response("alert dns:response_complete any any -> any any");
  REQUIRE(response.signature.hook.has_value());
  CHECK(response.signature.hook->direction == Direction::to_client);
}

TEST_CASE("header: what cannot be used is refused with its place") {
  struct Row {
    std::string_view header, error;
  };
  constexpr Row kRows[] = {
      {"log tcp any any -> any any", "t:1:1: error: unknown action (log)"},
      {"accept tcp any any -> any any",
       "t:1:1: error: firewall rules (accept, and actions with a scope) are not supported (accept)"},
      {"accept:hook tcp any any -> any any",
       "t:1:1: error: firewall rules (accept, and actions with a scope) are not supported (accept:hook)"},
      {"alert xyz any any -> any any", "t:1:7: error: unknown protocol (xyz)"},
      {"alert unknown any any -> any any", "t:1:7: error: unknown protocol (unknown)"},
      {"alert failed any any -> any any", "t:1:7: error: unknown protocol (failed)"},
      {"alert tcp:nowhere any any -> any any", "t:1:11: error: the protocol has no such hook (nowhere)"},
      {"alert dns:nowhere any any -> any any", "t:1:11: error: the protocol has no such hook (nowhere)"},
      {"alert tcp [1.1.1.1,x] any -> any any", "t:1:20: error: not an IP address (x)"},
      {"alert tcp any 99999 -> any any", "t:1:15: error: not a port (99999)"},
      {"alert tcp any any -> $NET any", "t:1:22: error: the variable is not defined ($NET)"},
      {"alert tcp any any -> any [80,$P]", "t:1:30: error: the variable is not defined ($P)"},
      {"alert tcp any any => any any", "t:1:19: error: \"=>\" needs an application protocol in the header"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.header);
    CHECK(Header(row.header).error == std::string(row.error));
  }
}
