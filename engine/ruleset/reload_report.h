// What a reload of the rules came to: for the control socket (JSON) and for the log (text).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "output/json_writer.h"
#include "rules/language/diagnostic.h"
#include "rules/set/rule_difference.h"

namespace weir::engine {

struct ReloadReport {
  std::string error;             // why the old rules stay; empty: they were replaced
  std::uint32_t generation = 0;  // of the rules in force: 1 the first, 2 after one reload ...
  std::uint64_t files = 0, loaded = 0, failed = 0, skipped = 0;  // rules, apart from `files`
  double seconds = 0;  // from the request until the rules could be used
  // Against the rules before; empty when they stay. A rule that failed and was in force before is among
  // `removed`, too.
  rules::RuleDifference difference;
  std::vector<rules::RuleDiagnostic> errors;  // rules that failed, files that could not be read; no warnings

  // One object without a newline:
  //   {"reloaded":true,"generation":2,"seconds":0.35,"files":1,"rules_loaded":14956,"rules_failed":1,"rules_skipped":0,
  //    "added":["1:2000001"],"removed":[],"changed":[],"failed":["a.rules:7:12: error: ... "]}
  // and "error" when the old rules stay. Rules are named "gid:sid". Lists longer than `most` are cut.
  [[nodiscard]] std::string json(std::size_t most = SIZE_MAX) const;
  // The same members, into an object that is open.
  void write_members(output::JsonWriter& out, std::size_t most = SIZE_MAX) const;
  // One line of totals, then one for each kind of change that names some of the rules, and one for each
  // error, cut as above. Lines end with a newline.
  [[nodiscard]] std::string text(std::size_t most = 20) const;
};

}  // namespace weir::engine
