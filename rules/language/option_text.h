// How arguments of keywords are written: quotes, negation. Load time only.
#pragma once

#include <optional>
#include <string_view>

#include "decoders/text.h"
#include "rules/language/diagnostic.h"

namespace weir::rules {

// The text between the quotes that enclose all of `text`; none when it is not quoted.
std::optional<std::string_view> unquote(std::string_view text);
// The same, or the text as it is.
std::string_view unquote_if_quoted(std::string_view text);

// Takes a leading "!" and the blanks after it off `text`; true when there was one.
bool take_negation(std::string_view& text);

}  // namespace weir::rules
