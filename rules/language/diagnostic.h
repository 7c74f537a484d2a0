// Errors and warnings about rule files, as values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace weir::rules {

// Why a keyword's argument was refused. The loader adds file, line and column.
struct KeywordError {
  std::string reason;     // "depth 4 is shorter than the content (6 bytes)"
  std::string offending;  // the text that is wrong; empty: the whole argument
};
using Compiled = tl::expected<void, KeywordError>;
template <class T>
using Parsed = tl::expected<T, KeywordError>;

inline tl::unexpected<KeywordError> refuse(std::string reason, std::string_view offending = {}) {
  return tl::unexpected<KeywordError>(KeywordError{std::move(reason), std::string(offending)});
}

enum class Severity : std::uint8_t {
  error,   // the rule, the entry or the file is not used
  warning  // it is, and most likely does not do what its author wants
};

// One message about a rule, printed as "file:line:col: error: KEYWORD: reason (offending text)" or
// "file:line:col: warning: sid N: KEYWORD: reason (offending text); advice". What is empty or 0 is left out.
struct RuleDiagnostic {
  std::string file;
  std::uint32_t line = 0, column = 0;  // from 1
  std::string keyword;                 // empty for errors of syntax
  std::string reason;
  std::string offending;
  std::string advice;     // what to do about it
  std::uint32_t sid = 0;  // when it was read before the error
  Severity severity = Severity::error;
  bool never = false;  // a warning of a rule that can surely never match

  [[nodiscard]] bool is_warning() const { return severity == Severity::warning; }
};
std::string to_string(const RuleDiagnostic& d);

}  // namespace weir::rules
