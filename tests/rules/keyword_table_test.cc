#include "rules/keyword_table.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "rules/unsupported.h"

using namespace weir::rules;

TEST_CASE("keyword names are unique, each has a summary, and each is found") {
  std::set<std::string_view> names;
  for (const KeywordSpec* spec : all_keywords()) {
    const std::string name(spec->name);
    CAPTURE(name);
    CHECK(names.insert(spec->name).second);
    CHECK_FALSE(spec->summary.empty());
    CHECK(find_keyword(spec->name) == spec);
  }
  CHECK(find_keyword("no.such") == nullptr);
}

TEST_CASE("keywords that cannot be enforced yet are in no other table and say why") {
  std::set<std::string_view> names;
  for (const KeywordSpec* spec : unsupported_keywords()) {
    const std::string name(spec->name);
    CAPTURE(name);
    CHECK(names.insert(spec->name).second);
    CHECK(find_keyword(spec->name) == nullptr);
    CHECK(find_unsupported_keyword(spec->name) == spec);
    CHECK_FALSE(spec->summary.empty());
  }
  CHECK(find_unsupported_keyword("content") == nullptr);
}
