#include "engine/config/config_check.h"

#include <string>

#include <doctest/doctest.h>

using namespace weir::engine;

TEST_CASE("config check: exception policies that cannot be kept are named") {
  struct Row {
    std::string_view yaml;
    bool good;
  };
  constexpr Row kRows[] = {
      {"a: b", true},
      {"action-order: [drop, reject, pass, alert]", true},
      {"action-order: [alert]", true},
      {"action-order: [drop, block]", false},
      {"action-order: [drop, drop]", false},
      {"exception-policy: auto", true},
      {"exception-policy: sometimes", false},
      {"stream: {memcap-policy: drop-packet, reassembly: {memcap-policy: pass-packet}}", true},
      {"defrag: {memcap-policy: x}", false},
      {"app-layer: {error-policy: reject}", true},
      {"stream: {midstream: false, midstream-policy: bypass}", true},
      {"stream: {midstream: false, midstream-policy: drop-flow}", true},
      {"stream: {midstream: false, midstream-policy: drop-packet}", false},
      {"stream: {midstream-policy: pass-packet}", false},
      {"stream: {midstream: yes, midstream-policy: ignore}", true},
      {"stream: {midstream: yes, midstream-policy: pass-flow}", true},
      {"stream: {midstream: yes, midstream-policy: bypass}", false},
      {"stream: {midstream: yes, midstream-policy: drop-flow}", false},
      {"stream: {midstream: yes, midstream-policy: reject}", false},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.yaml);
    const auto config = Config::parse(row.yaml, "t", "");
    REQUIRE(config.has_value());
    CHECK(check_policies(*config).empty() == row.good);
  }
}
