#include "rules/language/option_text.h"

namespace weir::rules {

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

}  // namespace weir::rules
