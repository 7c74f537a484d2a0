#include "rules/match/value_form.h"

#include <algorithm>

#include "decoders/text.h"

namespace weir::rules {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

bool fits(char place, char c) {
  switch (place) {
    case 'x': return is_digit(c) || (c >= 'a' && c <= 'f');
    case 'w': return is_digit(c) || is_letter(c) || c == '_';
    default: return c == place;
  }
}

// Test(char) of the byte as it is, or of either case.
template <class Test>
bool in_either_case(std::uint8_t byte, bool nocase, const Test& test) {
  const char c = static_cast<char>(byte);
  if (test(c)) return true;
  return nocase && is_letter(c) && test(static_cast<char>(byte ^ 0x20U));
}

bool fits_at(std::string_view layout, std::size_t at, Bytes content, bool nocase) {
  for (std::size_t i = 0; i < content.size(); ++i)
    if (!in_either_case(content[i], nocase, [&](char c) { return fits(layout[at + i], c); })) return false;
  return true;
}

}  // namespace

bool can_hold(const ValueForm& form, Bytes content, bool nocase) {
  if (!form.layout.empty()) {
    for (std::size_t at = 0; at + content.size() <= form.layout.size(); ++at)
      if (fits_at(form.layout, at, content, nocase)) return true;
    return false;
  }
  return std::all_of(content.begin(), content.end(), [&](std::uint8_t byte) {
    return in_either_case(byte, nocase, [&](char c) {
      return (form.only.empty() || form.only.find(c) != std::string_view::npos) &&
             form.without.find(c) == std::string_view::npos;
    });
  });
}

}  // namespace weir::rules
