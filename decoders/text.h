// Small helpers for text: blanks, words, numbers, case, hexadecimal digits. All of it is ASCII, whatever the locale.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/types.h"

namespace weir {

// --- bytes as text and back; no copy

inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// --- blanks and words

// Space, tab, line ends, form feed, vertical tab: what isspace() says in the C locale.
constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_blank_byte(std::uint8_t c) { return is_blank(static_cast<char>(c)); }

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

// The parts between separators, each without outer blanks. An empty text has no parts.
std::vector<std::string_view> split(std::string_view text, char separator);

// Takes the first word off `rest`; both come without outer blanks. Empty when there is none.
std::string_view take_word(std::string_view& rest);

// How many letters must be changed, put in or left out to make one text the other. For short texts: costs the product of their
// lengths, and memory for one of them.
std::size_t edit_distance(std::string_view a, std::string_view b);

// --- numbers

// The whole text as a number that fits; none otherwise. No sign before an unsigned one, no blanks, no "0x".
template <std::integral T>
std::optional<T> parse_number(std::string_view s, int base = 10) {
  T out{};
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), out, base);
  if (s.empty() || error != std::errc{} || end != s.data() + s.size()) return std::nullopt;
  return out;
}

// Decimal, or hexadecimal with 0x.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);
// The same with an optional sign.
std::optional<std::int64_t> parse_signed(std::string_view text);

// --- upper and lower case

// Of a char or a byte.
template <class C>
  requires(sizeof(C) == 1)
constexpr C to_lower(C c) {
  return c >= 'A' && c <= 'Z' ? static_cast<C>(c + ('a' - 'A')) : c;
}
std::string lower_case(std::string_view text);

constexpr bool equals_nocase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  return true;
}
// `lower_part`, which is in lower case already, stands somewhere in `text`; zero bytes in the text do not count, as
// servers and clients leave them out.
bool contains_nocase(std::string_view text, std::string_view lower_part);

// --- hexadecimal digits

inline constexpr std::string_view kHexDigits = "0123456789abcdef", kUpperHexDigits = "0123456789ABCDEF";

// Writes the two digits of `byte` and returns the place behind them.
inline char* put_hex(char* to, std::uint8_t byte) {
  *to++ = kHexDigits[byte >> 4U];
  *to++ = kHexDigits[byte & 0xfU];
  return to;
}
// The same behind any string.
template <class String>
void append_hex(String& out, std::uint8_t byte, std::string_view digits = kHexDigits) {
  out.push_back(digits[byte >> 4U]);
  out.push_back(digits[byte & 0xfU]);
}

// -1 when `c` is no hexadecimal digit.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
// Digits in pairs to bytes; none for anything else.
std::optional<std::string> parse_hex(std::string_view digits);

}  // namespace weir
