// Reading the arguments of keywords: numbers, lists, quoted text. Load time only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/content.h"
#include "rules/diagnostic.h"
#include "rules/text.h"

namespace weir::rules {

class RuleBuilder;

template <class T>
using Parsed = tl::expected<T, KeywordError>;

// The parts between separators, each without outer blanks. An empty text has no parts.
std::vector<std::string_view> split(std::string_view text, char separator);

// Takes the first word off `rest`; both come without outer blanks. Empty when there is none.
std::string_view take_word(std::string_view& rest);

// Decimal, or hexadecimal with 0x.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);
// The same with an optional sign.
std::optional<std::int64_t> parse_signed(std::string_view text);

// A number between least and most, or the name of a variable that byte_extract or byte_math made in the same
// buffer.
Parsed<NumberOrVar> parse_number_or_var(const RuleBuilder& rule, std::string_view text, std::int64_t least,
                                        std::int64_t most);

// The text between the quotes that enclose all of `text`; none when it is not quoted.
std::optional<std::string_view> unquote(std::string_view text);
// The same, or the text as it is.
std::string_view unquote_if_quoted(std::string_view text);

// Takes a leading "!" and the blanks after it off `text`; true when there was one.
bool take_negation(std::string_view& text);

// Hexadecimal digits in pairs to bytes; none for anything else.
std::optional<std::string> parse_hex(std::string_view digits);
// -1 when `c` is no hexadecimal digit.
int hex_digit(char c);

}  // namespace weir::rules
