// A number in a keyword's argument, or the name of a variable in its place. Load time only.
#pragma once

#include "rules/language/diagnostic.h"
#include "rules/match/content.h"

namespace weir::rules {

class RuleBuilder;

// A number between least and most, or the name of a variable that byte_extract or byte_math made in the same
// buffer.
Parsed<NumberOrVar> parse_number_or_var(const RuleBuilder& rule, std::string_view text, std::int64_t least,
                                        std::int64_t most);

}  // namespace weir::rules
