// How byte patterns are written in rules: text with |hex| parts and escapes. Load time only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/types.h"
#include "rules/language/diagnostic.h"

namespace weir::rules {

inline constexpr std::size_t kMaxContentBytes = 8192;

// "abc|0d 0a|\;" without its quotes to bytes. Text between bars is hexadecimal, in pairs, blanks between them
// allowed; elsewhere a backslash stands before : ; " \ only. Refuses empty patterns, those that are too long,
// odd digits.
Parsed<std::vector<std::uint8_t>> parse_pattern(std::string_view text);

// The same with the quotes and an optional "!" before them.
struct QuotedPattern {
  std::vector<std::uint8_t> bytes;
  bool negated = false;
};
Parsed<QuotedPattern> parse_quoted_pattern(std::string_view argument);

// A pattern as it could stand in a rule, with quotes: for messages.
std::string pattern_text(Bytes pattern, bool negated = false);

}  // namespace weir::rules
