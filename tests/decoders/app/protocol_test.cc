#include "decoders/app/protocol.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace weir;

namespace {

AppProtoSet set_of(std::initializer_list<AppProto> protocols) {
  AppProtoSet out;
  for (const AppProto p : protocols) out.set(index(p));
  return out;
}

}  // namespace

TEST_CASE("protocols: each has its own number, name and aliases, and is found by them") {
  std::set<std::string_view> names;
  for (const ProtocolInfo* info : all_protocols()) {
    const std::string name(info->name);
    CAPTURE(name);
    CHECK(&protocol_info(info->id) == info);
    CHECK(names.insert(info->name).second);
    CHECK(protocol_by_name(info->name) == info->id);
    for (const std::string_view alias : info->aliases) {
      CHECK(names.insert(alias).second);
      CHECK(protocol_by_name(alias) == info->id);
    }
    CHECK((info->over_tcp || info->over_udp));
  }
  CHECK(protocol_by_name("unknown") == AppProto::unknown);
  CHECK(protocol_by_name("") == AppProto::unknown);
  CHECK(protocol_info(static_cast<AppProto>(kMaxAppProtos)).name == "unknown");
}

TEST_CASE("protocols: events and states of a protocol have different names") {
  for (const ProtocolInfo* info : all_protocols()) {
    const std::string name(info->name);
    CAPTURE(name);
    std::set<std::string_view> events, states;
    for (const AppEventName& event : info->events) CHECK(events.insert(event.rule).second);
    for (const auto& side : {info->states_to_server, info->states_to_client})
      for (const std::string_view state : side) CHECK(states.insert(state).second);
    CHECK(info->states_to_server.empty() == info->states_to_client.empty());
    CHECK(info->states_to_server.empty() == (info->configure == nullptr));
  }
}

TEST_CASE("protocols: a name stands for all forms of the protocol, an alias for one") {
  CHECK(protocols_named("http") == set_of({AppProto::http, AppProto::http2, AppProto::doh2}));
  CHECK(protocols_named("http1") == set_of({AppProto::http}));
  CHECK(protocols_named("dns") == set_of({AppProto::dns, AppProto::doh2}));
  CHECK(protocols_named("doh2") == set_of({AppProto::doh2}));
  CHECK(protocols_named("dcerpc") == set_of({AppProto::dcerpc}));
  CHECK(protocols_named("ikev2") == set_of({AppProto::ike}));
  CHECK(protocols_named("no such").none());
}

TEST_CASE("protocols: rules also look at what carries the protocol of their header") {
  CHECK(protocols_of_header("dcerpc") == set_of({AppProto::dcerpc, AppProto::smb}));
  CHECK(protocols_of_header("smb") == set_of({AppProto::smb}));
  CHECK(protocols_of_header("http") == set_of({AppProto::http, AppProto::http2, AppProto::doh2}));
  CHECK(protocols_of_header("http1") == set_of({AppProto::http}));
  CHECK(protocols_of_header("doh2") == set_of({AppProto::doh2, AppProto::http2, AppProto::dns}));
  CHECK(protocols_of_header("no such").none());
  CHECK(sharing_rules_of(set_of({AppProto::dcerpc, AppProto::http})) == set_of({AppProto::smb}));
}

// A direction whose first bytes are fewer than the longest pattern is not given up: what is paired with them would wait.
TEST_CASE("protocols: patterns of streams towards the client are no longer than a short greeting") {
  constexpr std::size_t kGreeting = std::string_view("220 x ready\r\n").size();
  for (const ProtocolInfo* info : all_protocols())
    for (const ProbePattern& pattern : info->patterns_tcp) {
      CAPTURE(info->name);
      if (pattern.direction != Direction::to_client) continue;
      CHECK((pattern.depth != 0 ? pattern.depth : pattern.offset + pattern.bytes.size()) <= kGreeting);
    }
}
