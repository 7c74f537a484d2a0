#include "rules/prefilter/pattern_padding.h"

#include <doctest/doctest.h>
#include <hs.h>

#include <set>

#include "rules/prefilter/pattern_set.h"

using namespace weir;
using namespace weir::rules;

namespace {

// Literals of `length` bytes that share few prefixes, over `symbols` different bytes.
std::vector<Literal> literals(std::size_t count, std::size_t length, unsigned symbols, bool nocase = false) {
  std::vector<Literal> out;
  unsigned state = 12345;
  for (std::size_t i = 0; i < count; ++i) {
    Literal& l = out.emplace_back();
    l.nocase = nocase;
    for (std::size_t j = 0; j < length; ++j) {
      state = state * 1103515245U + 12345U;
      l.bytes.push_back(static_cast<char>('!' + (state >> 16U) % symbols));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("pattern padding: only sets whose automaton would be begun and dropped are padded") {
  CHECK(padding_for({}).empty());
  CHECK(padding_for(literals(50, 20, 90)).empty());   // small: kept
  CHECK(padding_for(literals(300, 20, 30)).empty());  // few symbols: kept
  CHECK(padding_for(literals(600, 20, 90)).empty());  // large: not begun
  CHECK(padding_for(literals(600, 20, 90, true)).empty());
  CHECK(padding_for(literals(400, 80, 90)).empty());  // long literals take no part
  const auto some = padding_for(literals(350, 20, 90));
  REQUIRE_FALSE(some.empty());
  CHECK(some.size() < 40);
  CHECK(std::set<std::string>(some.begin(), some.end()).size() == some.size());
  for (const std::string& text : some) CHECK(text.size() == 70);
  CHECK(some == padding_for(literals(350, 20, 90)));
  const auto many = padding_for(literals(350, 20, 90, true));  // the other tree has all of them
  CHECK(many.size() > some.size());
  CHECK(many.size() < 120);
}

TEST_CASE("pattern padding: bytes of the padding in traffic find nothing, literals beside them are found") {
  const auto set_literals = literals(350, 20, 90);
  PatternSetBuilder builder;
  for (RuleId id = 0; id < set_literals.size(); ++id) {
    const std::string& bytes = set_literals[id].bytes;
    builder.add({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, false, id, {});
  }
  PatternDatabases databases;
  const PatternSet set = builder.build(databases);
  databases.compile(1, {});
  const auto scratch = databases.make_scratch();
  const auto padding = padding_for(set_literals);
  REQUIRE_FALSE(padding.empty());
  std::string traffic;
  for (const std::string& text : padding) traffic += text;
  CandidateSet found(set_literals.size());
  const auto scan = [&] {
    found.clear();
    set.scan({reinterpret_cast<const std::uint8_t*>(traffic.data()), traffic.size()}, 0, scratch.get(),
             found);
    return found.sorted();
  };
  CHECK(scan().empty());
  traffic += set_literals[7].bytes;
  CHECK(scan() == std::vector<RuleId>{7});
}
