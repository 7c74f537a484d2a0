#include "rules/prefilter/pattern_set.h"

#include <doctest/doctest.h>
#include <hs.h>

#include <string_view>

using namespace weir;
using namespace weir::rules;

namespace {

Bytes bytes(std::string_view s) { return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}; }

std::vector<RuleId> scan(const PatternSet& set, std::string_view text, std::uint64_t offset = 0) {
  hs_scratch_t* scratch = nullptr;
  REQUIRE(hs_alloc_scratch(set.database(), &scratch) == HS_SUCCESS);
  CandidateSet out(10);
  set.scan(bytes(text), offset, scratch, out);
  hs_free_scratch(scratch);
  return out.sorted();
}

}  // namespace

TEST_CASE("pattern set: finds each rule once, in order, and keeps case apart") {
  PatternSetBuilder builder;
  builder.add(bytes("beta"), false, 3, {});
  builder.add(bytes("beta"), true, 1, {});
  builder.add(bytes("alpha"), false, 2, {});
  PatternDatabases known;
  const PatternSet set = builder.build(known);
  known.compile(1, {});
  CHECK(scan(set, "beta alpha beta") == std::vector<RuleId>{1, 2, 3});
  CHECK(scan(set, "BETA") == std::vector<RuleId>{1});
  CHECK(scan(set, "nothing").empty());
}

TEST_CASE("pattern set: a bounded pattern counts only where it may end, from the start of the stream") {
  PatternSetBuilder builder;
  builder.add(bytes("ab"), false, 0, {.first = 2, .last = 2});
  builder.add(bytes("ab"), false, 1, {.first = 6, .last = UINT32_MAX});
  PatternDatabases known;
  const PatternSet set = builder.build(known);
  known.compile(1, {});
  CHECK(scan(set, "ab..") == std::vector<RuleId>{0});
  CHECK(scan(set, "..abab") == std::vector<RuleId>{1});
  CHECK(scan(set, "ab", 4) == std::vector<RuleId>{1});
}

TEST_CASE("pattern set: equal literals share one database, whichever rules use them") {
  PatternSetBuilder one, other;
  one.add(bytes("ab"), false, 0, {});
  other.add(bytes("ab"), false, 5, {});
  PatternDatabases known;
  const PatternSet a = one.build(known), b = other.build(known);
  known.compile(2, {});
  CHECK(a.database() == b.database());
  CHECK(known.size() == 1);
  CHECK(PatternSetBuilder{}.build(known).empty());
}
