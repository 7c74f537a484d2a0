#include "rules/compile/number_or_var.h"

#include <fmt/format.h>

#include "decoders/text.h"
#include "rules/compile/rule_builder.h"

namespace weir::rules {

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

}  // namespace weir::rules
