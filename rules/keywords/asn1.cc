// asn1: encodings of ASN.1 that are known from attacks.
#include <fmt/format.h>

#include "decoders/text.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

constexpr std::int64_t kMaxAsn1Offset = 65535;

bool takes_number(std::string_view word) {
  return word == "oversize_length" || word == "relative_offset" || word == "absolute_offset";
}

// The number behind a word; from `low` to `high`.
tl::expected<std::int64_t, KeywordError> number_in(std::string_view text, std::int64_t low,
                                                   std::int64_t high) {
  const auto n = parse_signed(text);
  if (!n || *n < low || *n > high)
    return refuse(fmt::format("must be a number from {} to {}", low, high), text);
  return *n;
}

// One word, with its number if it has one.
Compiled take_check(std::string_view word, std::string_view value, Asn1Check& check) {
  if (word == "bitstring_overflow" || word == "double_overflow") {
    if (!value.empty()) return refuse("takes no number", value);
    (word == "bitstring_overflow" ? check.bitstring_overflow : check.double_overflow) = true;
    return {};
  }
  if (!takes_number(word))
    return refuse(
        "must be bitstring_overflow, double_overflow, oversize_length, absolute_offset or relative_offset",
        word);
  const bool is_size = word == "oversize_length";
  if (!is_size) check.relative = word == "relative_offset";
  const auto n = is_size ? number_in(value, 0, UINT32_MAX)
                         : number_in(value, word == "relative_offset" ? -kMaxAsn1Offset : 0, kMaxAsn1Offset);
  if (!n) return tl::unexpected(n.error());
  check.compares_length = check.compares_length || is_size;
  if (is_size)
    check.oversize = static_cast<std::uint32_t>(*n);
  else
    check.offset = static_cast<std::int32_t>(*n);
  return {};
}

// WORD [N][, WORD [N]]...; the number may stand behind a comma, too, as older rules have it.
Compiled compile_asn1(RuleBuilder& rule, std::string_view argument) {
  Asn1Check check;
  const auto parts = split(unquote_if_quoted(argument), ',');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string_view rest = parts[i];
    const std::string_view word = take_word(rest);
    if (rest.empty() && takes_number(word) && i + 1 < parts.size()) rest = parts[++i];
    if (auto taken = take_check(word, rest, check); !taken) return taken;
  }
  if (!check.bitstring_overflow && !check.double_overflow && !check.compares_length)
    return refuse("names no check: bitstring_overflow, double_overflow or oversize_length N", argument);
  return rule.add_op(check);
}

constexpr KeywordSpec kAsn1Keywords[] = {
    {"asn1", compile_asn1, Argument::required,
     "ASN.1 encoded as in attacks: bitstring_overflow, double_overflow, oversize_length N; at "
     "absolute_offset N or relative_offset N"},
};

}  // namespace

const KeywordFile keywords_asn1{.keywords = kAsn1Keywords};

}  // namespace weir::rules
