#include "rules/load/requires.h"

#include <string>

#include <doctest/doctest.h>

using namespace weir::rules;

TEST_CASE("requires: what is asked for is compared with what there is") {
  struct Row {
    std::string_view argument;
    bool met;
  };
  constexpr Row kRows[] = {
      {"version >= 8", true},
      {"version >= 8.0.0", true},
      {"version  >= 9", false},
      {"version >= 8.0.1", false},
      {"version > 8", false},
      {"version <= 8", true},
      {"version >= 7 < 8", false},
      {"version >= 7<9", true},
      {"version >= 7.0.3 < 8 | >= 9.0.99", false},
      {"version >= 7.0.3 < 8 | >= 8", true},
      {"version >= 8.0.0-dev", true},
      {"feature ja4", true},
      {"feature geoip", false},
      {"feature ja4, version >= 9", false},
      {"keyword msg", true},
      {"version >= 8, keyword foobar", false},
      {"foo bar", false},
      {"foo bar, version >= 7", false},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.argument);
    const auto met = requirements_met(row.argument, {"ja3", "ja4"});
    REQUIRE_MESSAGE(met.has_value(), met.error().reason);
    CHECK(*met == row.met);
  }
}

TEST_CASE("requires: what cannot be read is an error") {
  for (const std::string_view bad :
       {"", "version", "version 8", "version >=", "version >= x", "version >= 8.", "version >= 8.0.0.0",
        "version >= | 8", "version >= 8 9", "feature", "version == 8", ",", "feature ja4,,version >= 7"}) {
    CAPTURE(bad);
    CHECK_FALSE(requirements_met(bad, {"ja4"}).has_value());
  }
}
