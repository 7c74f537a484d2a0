// Keywords that we know of but cannot enforce yet. They are not in the table of keywords: `requires: keyword
// NAME` does not find them, and a rule that uses one fails with the reason.
#pragma once

#include <span>
#include <string_view>

#include "rules/compile/keyword_table.h"

namespace weir::rules {

// Null for a name that is none of them. Its compile() always refuses.
const KeywordSpec* find_unsupported_keyword(std::string_view name);
// Without those that the table of keywords has by now.
std::span<const KeywordSpec* const> unsupported_keywords();

}  // namespace weir::rules
