// Small helpers for text at load time.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace weir::rules {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }

constexpr std::string_view trim_left(std::string_view s) {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  return s;
}
constexpr std::string_view trim_right(std::string_view s) {
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}
constexpr std::string_view trim(std::string_view s) { return trim_right(trim_left(s)); }

// Enough of a long text to recognise it in a message.
constexpr std::string_view clip(std::string_view s) { return s.substr(0, 80); }

// The part before the first `separator`, which is taken off `rest` with it; all of it when there is none.
constexpr std::string_view cut(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return part;
}

// The whole text as a decimal number that fits; none otherwise.
template <std::integral T>
std::optional<T> parse_number(std::string_view s) {
  T out{};
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), out);
  if (s.empty() || error != std::errc{} || end != s.data() + s.size()) return std::nullopt;
  return out;
}

inline bool equals_nocase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

}  // namespace weir::rules
