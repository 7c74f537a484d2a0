#include "rules/prefilter/head_patterns.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace weir;
using namespace weir::rules;

namespace {

Bytes bytes(std::string_view s) { return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}; }

std::vector<RuleId> scan(const HeadPatterns& set, std::string_view text, std::uint64_t offset = 0) {
  CandidateSet out(10);
  set.scan(bytes(text), offset, out);
  return out.sorted();
}

void add(HeadPatterns& set, std::string_view literal, bool nocase, PatternBounds bounds, RuleId rule) {
  const std::uint64_t places = HeadPatterns::places_of(literal.size(), bounds);
  REQUIRE(places != 0);
  set.add(std::string(literal), nocase, places, rule);
}

}  // namespace

TEST_CASE("head patterns: the places of a literal follow from where it may end") {
  struct Row {
    std::size_t length;
    PatternBounds bounds;
    std::uint64_t places;
  };
  constexpr Row rows[] = {
      {4, {.first = 4, .last = 4}, 0b1},                      // depth equal to the length
      {4, {.first = 0, .last = 6}, 0b111},                    // depth:6
      {4, {.first = 8, .last = 9}, 0b110000},                 // offset:4; depth:5
      {2, {.first = 0, .last = 5}, 0b1111},
      {2, {.first = 0, .last = 6}, 0},                        // too many places
      {2, {.first = 65, .last = 65}, std::uint64_t{1} << 63U},
      {2, {.first = 66, .last = 66}, 0},                      // too far from the start
      {2, {.first = 0, .last = UINT32_MAX}, 0},
      {1, {.first = 1, .last = 1}, 0},                        // too short
      {4, {.first = 0, .last = 3}, 0},                        // cannot stand anywhere
      {4, {.first = 9, .last = 8}, 0},
  };
  for (const Row& r : rows) {
    CAPTURE(r.length);
    CAPTURE(r.bounds.first);
    CAPTURE(r.bounds.last);
    CHECK(HeadPatterns::places_of(r.length, r.bounds) == r.places);
  }
}

TEST_CASE("head patterns: a literal counts at its places only") {
  HeadPatterns set;
  add(set, "abcd", false, {.first = 4, .last = 4}, 0);
  add(set, "abcd", false, {.first = 6, .last = 7}, 1);
  add(set, "ab", false, {.first = 65, .last = 65}, 2);
  set.build();
  CHECK(scan(set, "abcd") == std::vector<RuleId>{0});
  CHECK(scan(set, ".abcd").empty());
  CHECK(scan(set, "..abcd") == std::vector<RuleId>{1});
  CHECK(scan(set, "abcabcd") == std::vector<RuleId>{1});
  CHECK(scan(set, std::string(63, '.') + "ab") == std::vector<RuleId>{2});
  CHECK(scan(set, std::string(64, '.') + "ab").empty());
}

TEST_CASE("head patterns: places count from the start of the stream, not of the data") {
  HeadPatterns set;
  add(set, "abcd", false, {.first = 8, .last = 8}, 0);
  set.build();
  CHECK(scan(set, "....abcd") == std::vector<RuleId>{0});
  CHECK(scan(set, "abcd", 4) == std::vector<RuleId>{0});
  CHECK(scan(set, ".abcd", 3) == std::vector<RuleId>{0});
  CHECK(scan(set, "abcd", 5).empty());
  CHECK(scan(set, "....abcd", 64).empty());
}

TEST_CASE("head patterns: case, and bytes that only look like another case of a letter") {
  HeadPatterns set;
  add(set, "a@[long enough]", true, {.first = 15, .last = 15}, 0);
  add(set, "A@", false, {.first = 2, .last = 2}, 1);
  set.build();
  CHECK(scan(set, "A@[LONG ENOUGH]") == std::vector<RuleId>{0, 1});
  CHECK(scan(set, "a@[Long enougH]") == std::vector<RuleId>{0});
  CHECK(scan(set, "a`[long enough]").empty());  // '`' is '@' with the bit set that tells letters apart
  CHECK(scan(set, "a@{long enough]").empty());
  CHECK(scan(set, "a@[long enougx]").empty());  // beyond the bytes that are compared at once
}

TEST_CASE("head patterns: every truncation of the data is searched inside its bounds") {
  HeadPatterns set;
  add(set, std::string_view("\0\0\0", 3), false, {.first = 0, .last = 6}, 0);
  add(set, "0123456789", false, {.first = 10, .last = 10}, 1);
  set.build();
  const std::string text = "0123456789";
  for (std::size_t n = 0; n < text.size(); ++n) {
    CAPTURE(n);
    const std::string exact = text.substr(0, n);  // the zeros that pad short data do not count
    CHECK(scan(set, exact).empty());
  }
  CHECK(scan(set, text) == std::vector<RuleId>{1});
  CHECK(scan(set, std::string_view("\0\0\0", 3)) == std::vector<RuleId>{0});
}
