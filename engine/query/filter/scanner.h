// The text of a filter as words and signs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace weir::engine::filter {

// Longer filters are refused.
inline constexpr std::size_t kMaxFilterBytes = std::size_t{128} << 10U;

// What is wrong, and where: columns count bytes from 1.
struct FilterError {
  std::size_t column = 1;
  std::string what;
};
// "column 14: expected a port, got 'foo'", the filter, and a caret below the place. Of a long filter only what is around it.
std::string describe(const FilterError& error, std::string_view text);

enum class TokenKind : std::uint8_t { word, quoted, sign, end };
struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;  // of the filter; a quoted one without its quotes
  std::size_t column = 1;
  [[nodiscard]] bool is_sign(std::string_view sign) const { return kind == TokenKind::sign && text == sign; }
};

// The last token is the end. Signs: ( ) [ ] , ! && || = == != < > <= >=. Quotes are " and end with the next one. Fails on other
// signs, a quote that has no end, and when the text is too long. Tokens are views into the text.
tl::expected<std::vector<Token>, FilterError> scan(std::string_view text);

}  // namespace weir::engine::filter
