#include "rules/language/diagnostic.h"

#include <fmt/format.h>

namespace weir::rules {

std::string to_string(const RuleDiagnostic& d) {
  std::string out = d.file;
  if (d.line != 0) out += fmt::format(":{}", d.line);
  if (d.line != 0 && d.column != 0) out += fmt::format(":{}", d.column);
  out += d.is_warning() ? ": warning: " : ": error: ";
  if (d.is_warning() && d.sid != 0) out += fmt::format("sid {}: ", d.sid);
  if (!d.keyword.empty()) out += d.keyword + ": ";
  out += d.reason;
  if (!d.offending.empty()) out += fmt::format(" ({})", d.offending);
  if (!d.advice.empty()) out += "; " + d.advice;
  return out;
}

}  // namespace weir::rules
