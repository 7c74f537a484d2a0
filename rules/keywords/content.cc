// content and its modifiers.
#include <fmt/format.h>

#include "decoders/text.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/number_or_var.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/content_text.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

constexpr std::int64_t kMaxAbsolute = 65535;    // offset, depth
constexpr std::int64_t kMaxRelative = 1048576;  // distance, within

Compiled compile_content(RuleBuilder& rule, std::string_view argument) {
  auto pattern = parse_quoted_pattern(argument);
  if (!pattern) return tl::unexpected(pattern.error());
  Content content;
  content.pattern = std::move(pattern->bytes);
  content.negated = pattern->negated;
  return rule.add_op(std::move(content));
}

// The content that a modifier is about.
Parsed<Content*> modified(RuleBuilder& rule) {
  Content* const content = rule.last_content();
  if (content == nullptr) return refuse("goes behind a content");
  return content;
}

Compiled compile_nocase(RuleBuilder& rule, std::string_view) {
  const auto content = modified(rule);
  if (!content) return tl::unexpected(content.error());
  (*content)->nocase = true;
  for (std::uint8_t& b : (*content)->pattern)
    if (b >= 'A' && b <= 'Z') b = static_cast<std::uint8_t>(b | 0x20U);
  return {};
}

Compiled compile_rawbytes(RuleBuilder& rule, std::string_view) {
  const auto content = modified(rule);
  if (!content) return tl::unexpected(content.error());
  (*content)->rawbytes = true;
  return {};
}

template <bool Content::*flag>
Compiled compile_flag(RuleBuilder& rule, std::string_view) {
  const auto content = modified(rule);
  if (!content) return tl::unexpected(content.error());
  if ((*content)->*flag) return refuse("stands there twice for one content");
  (*content)->*flag = true;
  return {};
}

template <bool Content::*has, NumberOrVar Content::*member>
Compiled compile_number(RuleBuilder& rule, std::string_view argument, std::int64_t least, std::int64_t most) {
  const auto content = modified(rule);
  if (!content) return tl::unexpected(content.error());
  if ((*content)->*has) return refuse("stands there twice for one content");
  const auto number = parse_number_or_var(rule, unquote_if_quoted(argument), least, most);
  if (!number) return tl::unexpected(number.error());
  (*content)->*has = true;
  (*content)->*member = *number;
  return {};
}

Compiled compile_offset(RuleBuilder& rule, std::string_view argument) {
  return compile_number<&Content::has_offset, &Content::offset>(rule, argument, 0, kMaxAbsolute);
}
Compiled compile_depth(RuleBuilder& rule, std::string_view argument) {
  return compile_number<&Content::has_depth, &Content::depth>(rule, argument, 0, kMaxAbsolute);
}
Compiled compile_distance(RuleBuilder& rule, std::string_view argument) {
  return compile_number<&Content::has_distance, &Content::distance>(rule, argument, -kMaxRelative,
                                                                    kMaxRelative);
}
Compiled compile_within(RuleBuilder& rule, std::string_view argument) {
  return compile_number<&Content::has_within, &Content::within>(rule, argument, -kMaxRelative, kMaxRelative);
}

// fast_pattern; fast_pattern:only; fast_pattern:OFFSET,LENGTH;
Compiled compile_fast_pattern(RuleBuilder& rule, std::string_view argument) {
  const auto found = modified(rule);
  if (!found) return tl::unexpected(found.error());
  Content& content = **found;
  if (content.fast_pattern) return refuse("stands there twice for one content");
  content.fast_pattern = true;
  if (argument.empty()) return {};
  if (argument == "only") {
    content.fast_pattern_only = true;
    return {};
  }
  const auto parts = split(argument, ',');
  const auto offset = parts.size() == 2 ? parse_number<std::uint16_t>(parts[0]) : std::nullopt;
  const auto length = parts.size() == 2 ? parse_number<std::uint16_t>(parts[1]) : std::nullopt;
  if (!offset || !length || *length == 0) return refuse("must be only or OFFSET,LENGTH", argument);
  content.fast_pattern_chop = true;
  content.chop_offset = *offset;
  content.chop_length = *length;
  return {};
}

// It changes packets in prevent mode, so there it looks at packets, not at streams; in detect mode it is a
// comment.
Compiled compile_replace(RuleBuilder& rule, std::string_view argument) {
  const auto found = modified(rule);
  if (!found) return tl::unexpected(found.error());
  if (rule.selected() != nullptr) return refuse("only for contents of the packet payload");
  const auto pattern = parse_quoted_pattern(argument);
  if (!pattern) return tl::unexpected(pattern.error());
  if (pattern->negated || (*found)->negated) return refuse("does not go with a negation", argument);
  if (pattern->bytes.size() != (*found)->pattern.size())
    return refuse(fmt::format("must be as long as the content ({} bytes)", (*found)->pattern.size()),
                  argument);
  if (!rule.environment().inline_mode) return {};
  (*found)->replacement = std::move(pattern->bytes);
  rule.signature().payload_needs_packet = true;
  return {};
}

constexpr KeywordSpec kContentKeywords[] = {
    {"content", compile_content, Argument::required, "these bytes must be there (! not)"},
    {"nocase", compile_nocase, Argument::none, "upper and lower case are the same"},
    {"rawbytes", compile_rawbytes, Argument::none, "no effect; for rules of other engines"},
    {"startswith", compile_flag<&Content::starts_with>, Argument::none,
     "the content stands at the start of the buffer"},
    {"endswith", compile_flag<&Content::ends_with>, Argument::none,
     "the content stands at the end of the buffer"},
    {"offset", compile_offset, Argument::required, "where in the buffer the search begins"},
    {"depth", compile_depth, Argument::required, "how many bytes from there on are searched"},
    {"distance", compile_distance, Argument::required,
     "bytes between the last match and the start of the search"},
    {"within", compile_within, Argument::required,
     "bytes behind the last match in which the content must end"},
    {"fast_pattern", compile_fast_pattern, Argument::optional, "a hint: look for this content first"},
    {"replace", compile_replace, Argument::required, "writes over the content, in prevent mode"},
};

}  // namespace

const KeywordFile keywords_content{.keywords = kContentKeywords};

}  // namespace weir::rules
