// base64_decode and base64_data: matching on decoded text.
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

// [bytes N][,offset N][,relative]
Compiled compile_base64_decode(RuleBuilder& rule, std::string_view argument) {
  Base64Decode decode;
  for (const std::string_view item : split(argument, ',')) {
    std::string_view rest = item;
    const std::string_view name = take_word(rest);
    if (name == "relative" && rest.empty()) {
      decode.relative = true;
      continue;
    }
    if (name != "bytes" && name != "offset") return refuse("must be bytes N, offset N or relative", item);
    const auto n = parse_number<std::uint16_t>(rest);
    if (!n || (name == "bytes" && *n == 0)) return refuse("must be a number up to 65535", item);
    (name == "bytes" ? decode.bytes : decode.offset) = *n;
  }
  return rule.add_op(decode);
}

Compiled compile_base64_data(RuleBuilder& rule, std::string_view) {
  if (!rule.has_option("base64_decode")) return refuse("needs a base64_decode before it");
  return rule.add_op(Base64Data{});
}

constexpr KeywordSpec kBase64Keywords[] = {
    {"base64_decode", compile_base64_decode, Argument::optional,
     "decodes base64 at a position of the buffer"},
    {"base64_data", compile_base64_data, Argument::none, "what follows looks at what base64_decode decoded"},
};

}  // namespace

const KeywordFile keywords_base64{.keywords = kBase64Keywords};

}  // namespace weir::rules
