#include "rules/language/rule_parser.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "decoders/text.h"

namespace weir::rules {
namespace {

// Reads the header's tokens from left to right.
class HeaderReader {
 public:
  explicit HeaderReader(const Rule& rule) : text_(rule.text) {}

  [[nodiscard]] std::size_t position() const { return at_; }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  // The next token; blanks inside brackets belong to it. Empty at the option list or the end.
  std::string_view token() {
    skip_blanks();
    const std::size_t start = at_;
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '[') ++depth;
      if (c == ']' && depth > 0) --depth;
      if (depth == 0 && (is_blank(c) || c == '(')) break;
    }
    // A bracket that is never closed would swallow the options: the token then ends at its first blank.
    if (depth > 0) {
      at_ = start;
      while (at_ < text_.size() && !is_blank(text_[at_])) ++at_;
    }
    return text_.substr(start, at_ - start);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::uint32_t column_of(const Rule& rule, std::string_view part) {
  return static_cast<std::uint32_t>(part.data() - rule.text.data()) + 1;
}

std::optional<RuleDiagnostic> parse_header(Rule& rule, HeaderReader& in) {
  struct Field {
    std::string_view name;
    std::string_view Rule::*text;
    std::uint32_t Rule::*column;
  };
  constexpr Field kFields[] = {
      {"action", &Rule::action, nullptr},
      {"protocol", &Rule::protocol, &Rule::protocol_column},
      {"source address", &Rule::source, &Rule::source_column},
      {"source port", &Rule::source_ports, &Rule::source_ports_column},
      {"direction", &Rule::direction, &Rule::direction_column},
      {"destination address", &Rule::destination, &Rule::destination_column},
      {"destination port", &Rule::destination_ports, &Rule::destination_ports_column},
  };
  for (const Field& field : kFields) {
    const std::string_view token = in.token();
    const auto column = static_cast<std::uint32_t>(in.position() - token.size()) + 1;
    if (token.empty()) return diagnose(rule, column, {}, {fmt::format("the {} is missing", field.name), {}});
    rule.*field.text = token;
    if (field.column != nullptr) rule.*field.column = column;
  }
  if (rule.direction != "->" && rule.direction != "<>" && rule.direction != "=>")
    return diagnose(rule, rule.direction_column, {},
                    {"a direction is one of ->, <> and =>", std::string(clip(rule.direction))});
  if (const std::size_t colon = rule.protocol.find(':'); colon != std::string_view::npos) {
    rule.hook = rule.protocol.substr(colon + 1);
    rule.protocol = rule.protocol.substr(0, colon);
    if (rule.hook.empty() || rule.protocol.empty())
      return diagnose(rule, rule.protocol_column, {}, {"a hook is written protocol:hook", {}});
  }
  return std::nullopt;
}

// The first semicolon from `at` on that no backslash stands before.
std::size_t option_end(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at)
    if (text[at] == ';' && (at == 0 || text[at - 1] != '\\')) return at;
  return std::string_view::npos;
}

std::optional<RuleDiagnostic> parse_options(Rule& rule, std::string_view body) {
  while (!(body = trim_left(body)).empty()) {
    const std::uint32_t column = column_of(rule, body);
    const std::size_t end = option_end(body, 0);
    if (end == std::string_view::npos)
      return diagnose(rule, column, {}, {"the option does not end in a semicolon", std::string(clip(body))});
    if (rule.options.size() == kMaxRuleOptions)
      return diagnose(rule, column, {}, {"the rule has too many options", {}});
    const std::string_view option = body.substr(0, end);
    body.remove_prefix(end + 1);
    const std::size_t colon = option.find(':');
    RuleOption out{.keyword = trim(option.substr(0, colon)), .column = column};
    if (out.keyword.empty())
      return diagnose(rule, column, {}, {"an option without a keyword", std::string(clip(option))});
    if (colon != std::string_view::npos) {
      out.has_argument = true;
      out.argument = trim(option.substr(colon + 1));
    }
    rule.options.push_back(out);
  }
  return std::nullopt;
}

constexpr unsigned kMaxOpenLines = 64;
// What lines begin with that are rules of their own, here or in Snort.
constexpr std::array<std::string_view, 13> kActions{
    "accept", "alert",  "block",      "config",    "drop",      "log",    "pass",
    "react",  "reject", "rejectboth", "rejectdst", "rejectsrc", "rewrite"};

bool begins_rule(std::string_view line) {
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  return word.size() < line.size() && std::find(kActions.begin(), kActions.end(), word) != kActions.end();
}

}  // namespace

RuleLines::RuleLines(std::string_view text, std::uint32_t lines_before) : rest_(text), line_(lines_before) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (line_ == 0 && rest_.substr(0, kByteOrderMark.size()) == kByteOrderMark) rest_.remove_prefix(kByteOrderMark.size());
}

std::size_t RuleLines::last_end(std::string_view text) {
  for (std::size_t end = text.rfind('\n'); end != std::string_view::npos;) {
    const std::size_t before = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view line = trim_right(text.substr(begin, end - begin));
    if (line.empty() || line.back() == ')') return end + 1;
    end = before;
  }
  return 0;
}

std::string_view RuleLines::take_line() {
  const std::size_t end = rest_.find('\n');
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  ++line_;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// A rule whose end does not come stays as it is: what follows may be others.
void RuleLines::take_open_lines(Rule& rule) {
  const std::string_view rest = rest_;
  const std::uint32_t line = line_;
  const std::size_t bytes = rule.text.size(), continuations = rule.continuations.size();
  bool opened = rule.text.find('(') != std::string::npos;
  for (unsigned taken = 0; taken < kMaxOpenLines && !rest_.empty() && rule.text.size() <= kMaxRuleBytes;
       ++taken) {
    const std::string_view more = trim_right(take_line());
    const std::string_view start = trim_left(more);
    if (start.empty() || begins_rule(start) || (!opened && start[0] != '(')) break;
    if (start[0] == '#') continue;
    opened = true;
    rule.continuations.push_back({static_cast<std::uint32_t>(rule.text.size()), line_});
    rule.text += more.substr(0, kMaxRuleBytes + 1);
    if (more.back() == ')') return;
  }
  rest_ = rest;
  line_ = line;
  rule.text.resize(bytes);
  rule.continuations.resize(continuations);
}

bool RuleLines::next(Rule& rule) {
  while (!rest_.empty()) {
    std::string_view line = take_line();
    const std::string_view start = trim_left(line);
    if (start.empty() || start[0] == '#' || start[0] == ';') continue;
    rule = Rule{.text = {}, .file = std::move(rule.file), .line = line_};
    for (;;) {
      line = trim_right(line);
      const bool goes_on = !line.empty() && line.back() == '\\' && !rest_.empty();
      if (goes_on) line.remove_suffix(1);
      // A text over the limit is cut just behind it, so that parse_rule refuses it.
      if (rule.text.size() <= kMaxRuleBytes) rule.text += line.substr(0, kMaxRuleBytes + 1);
      if (!goes_on) {
        if (line.empty() || line.back() != ')') take_open_lines(rule);
        return true;
      }
      line = take_line();
      rule.continuations.push_back({static_cast<std::uint32_t>(rule.text.size()), line_});
    }
  }
  return false;
}

std::optional<RuleDiagnostic> parse_rule(Rule& rule) {
  if (rule.text.size() > kMaxRuleBytes)
    return diagnose(rule, 1, {}, {fmt::format("the rule is longer than {} bytes", kMaxRuleBytes), {}});
  if (const std::size_t nul = rule.text.find('\0'); nul != std::string::npos)
    return diagnose(rule, static_cast<std::uint32_t>(nul) + 1, {}, {"a NUL byte in the rule", {}});
  HeaderReader in(rule);
  if (auto error = parse_header(rule, in)) return error;
  in.skip_blanks();
  const std::string_view options = trim_right(std::string_view(rule.text).substr(in.position()));
  const auto column = static_cast<std::uint32_t>(in.position()) + 1;
  if (options.empty() || options.front() != '(')
    return diagnose(rule, column, {}, {"the options must stand in parentheses", std::string(clip(options))});
  if (options.size() < 2 || options.back() != ')')
    return diagnose(rule, static_cast<std::uint32_t>(in.position() + options.size()), {},
                    {"the rule does not end in a closing parenthesis", {}});
  return parse_options(rule, options.substr(1, options.size() - 2));
}

std::uint32_t find_sid(const Rule& rule) {
  const auto number = [](std::string_view s) {
    std::uint32_t out = 0;
    s = trim_left(s);
    std::from_chars(s.data(), s.data() + s.size(), out);
    return out;
  };
  for (const RuleOption& o : rule.options)
    if (o.keyword == "sid") return number(o.argument);
  const std::string_view text = rule.text;
  for (std::size_t at = text.rfind("sid"); at != std::string_view::npos && at > 0;
       at = text.rfind("sid", at - 1)) {
    const std::string_view rest = trim_left(text.substr(at + 3));
    const char before = text[at - 1];
    if (!rest.empty() && rest[0] == ':' && (is_blank(before) || before == ';' || before == '('))
      return number(rest.substr(1));
  }
  return 0;
}

RuleDiagnostic diagnose(const Rule& rule, std::uint32_t column, std::string_view keyword,
                        KeywordError error) {
  const Rule::Place at = rule.place(column);
  return {.file = rule.file,
          .line = at.line,
          .column = at.column,
          .keyword = std::string(keyword),
          .reason = std::move(error.reason),
          .offending = std::move(error.offending),
          .sid = find_sid(rule)};
}

}  // namespace weir::rules
