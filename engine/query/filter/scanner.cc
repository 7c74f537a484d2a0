#include "engine/query/filter/scanner.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "decoders/text.h"

namespace weir::engine::filter {
namespace {

// Longer ones first.
constexpr std::array<std::string_view, 15> kSigns{"&&", "||", "==", "!=", "<=", ">=", "(", ")",
                                                  "[",  "]",  ",",  "!",  "=",  "<",  ">"};

bool ends_word(char c) {
  return is_blank(c) || std::string_view("()[],!=<>&|\"").find(c) != std::string_view::npos;
}

std::string_view sign_at(std::string_view text) {
  for (const std::string_view sign : kSigns)
    if (text.starts_with(sign)) return sign;
  return {};
}

// A terminal must not be told what to do by a filter, and a caret stands below one letter.
char printable(char c) {
  return c >= ' ' && c <= '~' ? c : '?';
}

}  // namespace

std::string describe(const FilterError& error, std::string_view text) {
  constexpr std::size_t kAround = 50;
  const std::size_t at = std::min(error.column - 1, text.size());
  const std::size_t begin = at > kAround ? at - kAround : 0;
  std::string line(text.substr(begin, 2 * kAround));
  std::transform(line.begin(), line.end(), line.begin(), printable);
  return fmt::format("column {}: {}\n  {}\n  {:>{}}", error.column, error.what, line, '^', at - begin + 1);
}

tl::expected<std::vector<Token>, FilterError> scan(std::string_view text) {
  if (text.size() > kMaxFilterBytes)
    return tl::unexpected(
        FilterError{kMaxFilterBytes, fmt::format("the filter is longer than {} bytes", kMaxFilterBytes)});
  std::vector<Token> out;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_blank(text[at])) ++at;
    const std::size_t column = at + 1;
    if (at == text.size()) {
      out.push_back({TokenKind::end, {}, column});
      return out;
    }
    if (const std::string_view sign = sign_at(text.substr(at)); !sign.empty()) {
      out.push_back({TokenKind::sign, text.substr(at, sign.size()), column});
      at += sign.size();
    } else if (text[at] == '"') {
      const std::size_t end = text.find('"', at + 1);
      if (end == std::string_view::npos) return tl::unexpected(FilterError{column, "this quote has no end"});
      out.push_back({TokenKind::quoted, text.substr(at + 1, end - at - 1), column});
      at = end + 1;
    } else if (ends_word(text[at])) {
      return tl::unexpected(
          FilterError{column, fmt::format("'{}' alone means nothing: write && or ||", text[at])});
    } else {
      const std::size_t begin = at;
      while (at < text.size() && !ends_word(text[at])) ++at;
      out.push_back({TokenKind::word, text.substr(begin, at - begin), column});
    }
  }
}

}  // namespace weir::engine::filter
