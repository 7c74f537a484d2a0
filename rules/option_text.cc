#include "rules/option_text.h"

#include <charconv>

#include <fmt/format.h>

#include "rules/rule_builder.h"

namespace weir::rules {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  if (trim(text).empty()) return parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(trim(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string_view take_word(std::string_view& rest) {
  rest = trim(rest);
  std::size_t end = 0;
  while (end < rest.size() && !is_blank(rest[end])) ++end;
  const std::string_view word = rest.substr(0, end);
  rest = trim_left(rest.substr(end));
  return word;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t out = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out, base);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return out;
}

std::optional<std::int64_t> parse_signed(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  const auto magnitude = parse_unsigned(text);
  if (!magnitude || *magnitude > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  const auto value = static_cast<std::int64_t>(*magnitude);
  return negative ? -value : value;
}

Parsed<NumberOrVar> parse_number_or_var(const RuleBuilder& rule, std::string_view text, std::int64_t least,
                                        std::int64_t most) {
  text = trim(text);
  if (text.empty()) return refuse("a number or variable is missing");
  const char first = text[0];
  if ((first >= '0' && first <= '9') || first == '-' || first == '+') {
    const auto value = parse_signed(text);
    if (!value) return refuse("not a number", text);
    if (*value < least || *value > most)
      return refuse(fmt::format("must be from {} to {}", least, most), text);
    return NumberOrVar{*value, -1};
  }
  const std::int16_t var = rule.find_var(text);
  if (var < 0)
    return refuse("no byte_extract or byte_math before it, on a buffer of this kind, makes this variable",
                  text);
  return NumberOrVar{0, var};
}

std::optional<std::string_view> unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  return text.substr(1, text.size() - 2);
}

std::string_view unquote_if_quoted(std::string_view text) {
  const auto inner = unquote(text);
  return inner ? *inner : text;
}

bool take_negation(std::string_view& text) {
  text = trim(text);
  if (text.empty() || text[0] != '!') return false;
  text = trim_left(text.substr(1));
  return true;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> parse_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(digits.size() / 2);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

}  // namespace weir::rules
