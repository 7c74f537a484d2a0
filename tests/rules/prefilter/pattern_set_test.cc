#include "rules/prefilter/pattern_set.h"

#include <doctest/doctest.h>
#include <hs.h>

#include <string>
#include <string_view>

using namespace weir;
using namespace weir::rules;

namespace {

Bytes bytes(std::string_view s) { return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}; }

template <typename Scan>
std::vector<RuleId> found_by(const PatternSet& set, const Scan& scan) {
  hs_scratch_t* scratch = nullptr;
  REQUIRE(hs_alloc_scratch(set.database(), &scratch) == HS_SUCCESS);
  CandidateSet out(10);
  scan(scratch, out);
  hs_free_scratch(scratch);
  return out.sorted();
}

std::vector<RuleId> scan(const PatternSet& set, std::string_view text, std::uint64_t offset = 0) {
  return found_by(set, [&](hs_scratch* s, CandidateSet& out) { set.scan(bytes(text), offset, s, out); });
}

// The packet's payload begins behind `before`.
std::vector<RuleId> scan_with_packet(const PatternSet& set, std::string_view before, std::string_view payload,
                                     std::uint64_t offset = 0) {
  const std::string text = std::string(before) + std::string(payload);
  return found_by(set, [&](hs_scratch* s, CandidateSet& out) {
    set.scan_with_packet(bytes(text), offset, before.size(), s, out);
  });
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

TEST_CASE("pattern set: one scan does for a stream's rules and for those on the packet that continues it") {
  const PatternBounds in_200 = {.first = 5, .last = 200};
  PatternSetBuilder builder;
  builder.add(bytes("late"), false, 0, {.first = 1000, .last = 1100});
  builder.add_for_packet(bytes("late"), false, 1, in_200);
  builder.add_for_packet(bytes("seldom"), false, 2, {});
  PatternDatabases known;
  const PatternSet set = builder.build(known);
  known.compile(1, {});
  const std::string far(300, '.');
  CHECK(scan(set, "late seldom", 1000) == std::vector<RuleId>{0});  // no packet: none of its rules
  CHECK(scan_with_packet(set, "", ".late", 1000) == std::vector<RuleId>{0, 1});
  CHECK(scan_with_packet(set, far, ".late", 1000).size() == 1);  // too far on for the stream's rule
  CHECK(scan_with_packet(set, far, ".late", 1000) == std::vector<RuleId>{1});
  CHECK(scan_with_packet(set, far, "late", 5000).empty());  // ends at 4 of the packet
  CHECK(scan_with_packet(set, "late", far + "late", 5000).empty());
  CHECK(scan_with_packet(set, far, far + "seldom", 5000) ==
        std::vector<RuleId>{2});  // behind what the stream's rules reach
  // The scan tells of the first one alone, so that must do.
  CHECK(scan_with_packet(set, "seldom", ".seldom", 5000) == std::vector<RuleId>{2});
}

TEST_CASE("pattern set: what stands near a packet's start is looked up by the packet's own set") {
  PatternSetBuilder stream, packet;
  stream.add(bytes("else"), false, 0, {});
  for (PatternSetBuilder* builder : {&stream, &packet})
    builder->add_for_packet(bytes("GET"), false, 1, {.first = 3, .last = 3});
  packet.add(bytes("GET"), false, 1, {.first = 3, .last = 3});
  PatternDatabases known;
  const PatternSet of_stream = stream.build(known), of_packet = packet.build(known);
  known.compile(1, {});
  CHECK(scan_with_packet(of_stream, "", "GET else") == std::vector<RuleId>{0});
  CHECK(of_packet.database() == nullptr);
  CandidateSet out(10);
  of_packet.scan_head(bytes("GET else"), 0, out);
  CHECK(out.sorted() == std::vector<RuleId>{1});
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
