#include <doctest/doctest.h>

#include <string>

#include "engine/config/config.h"
#include "engine/pipeline/pipeline.h"

using namespace weir::engine;

TEST_CASE("setup: items of lists that are not what the key takes are told, each with its place") {
  struct Row {
    const char* yaml;
    const char* told;
  };
  constexpr Row kRows[] = {
      {"decoder: {gtp-u: {ports: [2152, x]}}", "decoder.gtp-u.ports.1: 'x'"},
      {"decoder: {vxlan: {ports: \"4789, 70000\"}}", "decoder.vxlan.ports: '4789, 70000'"},
      {"decoder: {geneve: {ports: [$NOBODY]}}", "decoder.geneve.ports.0: '$NOBODY'"},
      {"decoder: {teredo: {ports: [\"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\"]}}",
       "decoder.teredo.ports.0: "},
      {"defrag: {host-config: [{dmz: {timeout: 30, address: [10.0.0.0/8, 300.1.1.1]}}]}",
       "defrag.host-config.0.dmz.address.1: '300.1.1.1'"},
      {"host-os-policy: {linux: [10.0.0.0/99]}", "host-os-policy.linux.0: '10.0.0.0/99'"},
      {"stream: {reassembly: {urgent: {policy: maybe}}}", "stream.reassembly.urgent.policy: 'maybe'"},
      {"stream: {reassembly: {other-readings: many}}", "stream.reassembly.other-readings: 'many'"},
      // Also where nothing is normalised: `weir check` does not know what the configuration is for.
      {"weir: {normalizer: {min-ttl: 999}}", "weir.normalizer.min-ttl: '999'"},
      {"weir: {normalizer: {tcp: {allow-codes: [30, 300]}}}", "weir.normalizer.tcp.allow-codes.1: '300'"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.yaml);
    const auto config = Config::parse(row.yaml, "t.yaml", "");
    REQUIRE(config.has_value());
    REQUIRE(PipelineSetup::make(*config, false).has_value());
    const auto told = config->take_unreadable_values();
    REQUIRE(told.size() == 1);
    CHECK(told.front().find(row.told) != std::string::npos);
    CHECK(told.front().starts_with("t.yaml:1:"));
  }
}

TEST_CASE("setup: ports, groups of ports and receivers that can be read are no matter of telling") {
  const auto config = Config::parse(
      "vars: {port-groups: {VXLAN_PORTS: \"4789\"}}\n"
      "decoder: {vxlan: {ports: $VXLAN_PORTS}, teredo: {ports: [any]}, gtp-u: {ports: \"[2152, 3386]\"}}\n"
      "defrag: {host-config: [{all: {timeout: 30, address: [any, 2001:db8::/32, 192.0.2.1]}}]}\n"
      "host-os-policy: {linux: [10.0.0.0/8, \"::1\"]}\n",
      "t.yaml", "");
  REQUIRE(config.has_value());
  REQUIRE(PipelineSetup::make(*config, false).has_value());
  CHECK(config->take_unreadable_values().empty());
}
