#include "rules/language/content_text.h"

#include <fmt/format.h>

#include "decoders/text.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

// The part between two bars.
Compiled append_hex(std::string_view part, std::vector<std::uint8_t>& out) {
  int high = -1;
  for (const char c : part) {
    if (c == ' ') {
      if (high >= 0) return refuse("a hexadecimal byte has two digits", part);
      continue;
    }
    const int digit = hex_digit(c);
    if (digit < 0) return refuse("not a hexadecimal digit", part);
    if (high < 0) {
      high = digit;
      continue;
    }
    out.push_back(static_cast<std::uint8_t>(high * 16 + digit));
    high = -1;
  }
  if (high >= 0) return refuse("a hexadecimal byte has two digits", part);
  return {};
}

}  // namespace

Parsed<std::vector<std::uint8_t>> parse_pattern(std::string_view text) {
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '|') {
      const std::size_t end = text.find('|', i + 1);
      if (end == std::string_view::npos)
        return refuse("the bar that ends the hexadecimal part is missing", text.substr(i));
      if (auto ok = append_hex(text.substr(i + 1, end - i - 1), out); !ok) return tl::unexpected(ok.error());
      i = end;
    } else if (c == '\\') {
      const char next = i + 1 < text.size() ? text[i + 1] : '\0';
      if (next != ':' && next != ';' && next != '"' && next != '\\')
        return refuse("a backslash stands only before : ; \" and \\", text.substr(i, 2));
      out.push_back(static_cast<std::uint8_t>(next));
      ++i;
    } else if (c == '"') {
      return refuse("a quote inside a content is written \\\" or |22|", text);
    } else {
      out.push_back(static_cast<std::uint8_t>(c));
    }
  }
  if (out.empty()) return refuse("the content is empty", text);
  if (out.size() > kMaxContentBytes)
    return refuse(fmt::format("longer than {} bytes", kMaxContentBytes), clip(text));
  return out;
}

Parsed<QuotedPattern> parse_quoted_pattern(std::string_view argument) {
  QuotedPattern out;
  std::string_view text = argument;
  out.negated = take_negation(text);
  const auto inner = unquote(text);
  if (!inner) return refuse("the pattern stands in quotes", argument);
  auto bytes = parse_pattern(*inner);
  if (!bytes) return tl::unexpected(bytes.error());
  out.bytes = std::move(*bytes);
  return out;
}

std::string pattern_text(Bytes pattern, bool negated) {
  std::string out = negated ? "!\"" : "\"";
  for (const std::uint8_t b : pattern) {
    if (b >= 0x20 && b < 0x7f && b != '"' && b != '|' && b != ';')
      out += static_cast<char>(b);
    else
      out += fmt::format("|{:02x}|", b);
  }
  return out + '"';
}

}  // namespace weir::rules
