#include "rules/compile/keyword_table.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "rules/load/unsupported.h"

using namespace weir::rules;

TEST_CASE("keyword names are unique, each has a summary, and each is found") {
  std::set<std::string_view> names;
  for (const KeywordSpec& spec : all_keywords()) {
    const std::string name(spec.name);
    CAPTURE(name);
    CHECK(names.insert(spec.name).second);
    CHECK_FALSE(spec.summary.empty());
    CHECK(find_keyword(spec.name) == &spec);
  }
  CHECK(find_keyword("no.such") == nullptr);
}

TEST_CASE("keyword rows say where their buffer or number is found, in one way") {
  for (const KeywordSpec& spec : all_keywords()) {
    const std::string name(spec.name);
    CAPTURE(name);
    if (const auto* sticky = std::get_if<KeywordSpec::Selects>(&spec.how)) {
      CHECK(sticky->buffer->sources.empty() == (sticky->buffer->packet != nullptr));
      CHECK(&buffer_named(spec.name) == sticky->buffer);
    }
    if (const auto* number = std::get_if<const TxNumber*>(&spec.how)) {
      CHECK(((*number)->get == nullptr) != ((*number)->nth == nullptr));
      CHECK(((*number)->progress_to_server || (*number)->progress_to_client));
      CHECK(((*number)->bits == nullptr || (*number)->get != nullptr));
    }
    if (const auto* number = std::get_if<const PacketNumber*>(&spec.how))
      CHECK(((*number)->get == nullptr) != ((*number)->nth == nullptr));
  }
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
