#include "rules/language/numbers_match.h"

#include <doctest/doctest.h>

#include <vector>

using namespace weir;
using namespace weir::rules;

namespace {

using Values = std::vector<std::uint64_t>;

bool holds(const char* text, const Values& values) {
  const auto match = NumbersMatch::parse(text, 255);
  REQUIRE_MESSAGE(match.has_value(), text);
  return match->matches(
      [&](std::uint32_t i) { return i < values.size() ? std::optional(values[i]) : std::nullopt; });
}

}  // namespace

TEST_CASE("several numbers: each index says which of them must match") {
  struct Row {
    const char* text;
    std::vector<Values> yes, no;
  };
  const Row rows[] = {
      {"5", {{5}, {1, 5}}, {{}, {1, 2}}},
      {">4,any", {{1, 5}}, {{}, {4}}},
      {"!5", {{1, 5}}, {{5}, {}}},
      {"5,all", {{5}, {5, 5}}, {{}, {5, 1}}},
      {"5,all_or_absent", {{}, {5, 5}}, {{5, 1}}},
      {"5,or_absent", {{}, {1, 5}}, {{1}}},
      {"5,nb>1", {{5, 5}, {5, 1, 5}}, {{5}, {}}},
      {"5, nb 0", {{}, {1}}, {{5}}},
      {"5,0", {{5, 1}}, {{1, 5}, {}}},
      {"5,-1", {{1, 5}}, {{5, 1}, {}}},
      {"5,2", {{1, 1, 5}}, {{5, 5}}},
      {"5,oob_or 1", {{}, {1}, {1, 5}}, {{1, 1}}},
      {"count >2", {{1, 2, 3}}, {{1, 2}, {}}},
      {"count 0", {{}}, {{0}}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    for (const Values& v : row.yes) CHECK(holds(row.text, v));
    for (const Values& v : row.no) CHECK_FALSE(holds(row.text, v));
  }
}

TEST_CASE("several numbers: a slice is what is looked at, counted from either end") {
  const Values six{1, 2, 3, 4, 5, 6};
  CHECK(holds("3-6,all", {4, 5}));
  CHECK(holds("2<>5,all,2:4", six));  // 3 and 4
  CHECK(holds("2<>6,all,-4:-1", six));
  CHECK(holds("3<>6,all,3:-1", six));
  CHECK(holds("2<>5,all,-4:4", six));
  CHECK(holds("6,-1,0:6", six));
  CHECK(holds("3,0,2:4", six));
  CHECK_FALSE(holds("5,any,2:4", six));
  CHECK_FALSE(holds("1,any,0:7", six));  // out of bounds: nothing
  CHECK(holds("1,all_or_absent,0:7", six));
  CHECK_FALSE(holds("1,any,3:2", six));
}

TEST_CASE("several numbers: what is refused") {
  for (const char* bad : {"", "x", "256", "5,some", "5,1x", "5,nb", "5,nb x", "5,oob_or", "5,any,1",
                          "5,any,a:b", "count", "count x", "county"}) {
    CAPTURE(bad);
    CHECK_FALSE(NumbersMatch::parse(bad, 255).has_value());
  }
  CHECK(NumbersMatch::parse("1,2", 255, {}, 3).has_value());
  CHECK(NumbersMatch::parse("1,-3", 255, {}, 3).has_value());
  CHECK_FALSE(NumbersMatch::parse("1,3", 255, {}, 3).has_value());
  CHECK_FALSE(NumbersMatch::parse("1,-4", 255, {}, 3).has_value());
}
