// The syntax of rules: lines of a file to logical lines, a logical line to a Rule. Knows no keyword.
//
// Rules are untrusted: any bytes give a tree or a diagnostic, in linear time and without recursion.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rules/language/diagnostic.h"
#include "rules/language/rule.h"

namespace weir::rules {

inline constexpr std::size_t kMaxRuleOptions = 1024;
inline constexpr std::size_t kMaxRuleBytes = 65536;

// Goes through a rule file's text. A byte order mark, Windows line ends, blank lines and comments ("#", ";") are passed
// over; a line that ends in a backslash goes on with the next one, and so does one whose parenthesis is open, as in
// Snort 3, when the end of the rule comes before a blank line, another rule and kMaxOpenLines.
class RuleLines {
 public:
  // `lines_before`: of the file, when the text is not its beginning.
  explicit RuleLines(std::string_view text, std::uint32_t lines_before = 0);
  // Sets text, line and continuations of `rule` and clears the rest; false at the end.
  bool next(Rule& rule);
  // How many lines were read, with those before.
  [[nodiscard]] std::uint32_t lines() const { return line_; }

  // Where the last line of `text` ends that surely no other one continues: it is blank, or the end of a rule; 0 when
  // there is none. A file can be cut there.
  static std::size_t last_end(std::string_view text);

 private:
  // One physical line without its line end.
  std::string_view take_line();
  void take_open_lines(Rule& rule);

  std::string_view rest_;
  std::uint32_t line_;
};

// Fills the views of `rule` from its text. Fails with the place and the offending text; `rule` is then not to be used.
std::optional<RuleDiagnostic> parse_rule(Rule& rule);

// The value of the rule's sid option, 0 when there is none that can be read. Works on rules that did not parse, too.
std::uint32_t find_sid(const Rule& rule);

// A diagnostic about `column` of the rule.
RuleDiagnostic diagnose(const Rule& rule, std::uint32_t column, std::string_view keyword, KeywordError error);

}  // namespace weir::rules
