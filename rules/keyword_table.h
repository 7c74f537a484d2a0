// The table of rule keywords. Adding one is one file in rules/keywords/ and one row in keywords.def: a row without
// its file does not link, a file without its row does not compile (unused constant).
#pragma once

#include <span>
#include <string_view>

#include "rules/diagnostic.h"

namespace weir::rules {

class RuleBuilder;

struct KeywordSpec {
  std::string_view name;  // spelling in a rule, e.g. "dns.query"
  // Turns the argument into checks of the rule under construction; runs at load, may allocate.
  Compiled (*compile)(RuleBuilder&, std::string_view argument);
  enum class Argument : unsigned char { none, required, optional } argument = Argument::required;
  std::string_view summary;  // one line for the manual
};

#define KEYWORD(id) extern const KeywordSpec kw_##id;
#include "rules/keywords.def"
#undef KEYWORD

// Null for a keyword that is not known.
const KeywordSpec* find_keyword(std::string_view name);
std::span<const KeywordSpec* const> all_keywords();

}  // namespace weir::rules
