// What there is to say about the rules of a run: how they were loaded, which failed, what reloads did.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "decoders/types.h"
#include "output/json_writer.h"
#include "rules/language/diagnostic.h"
#include "rules/load/rule_loader.h"
#include "rules/set/rule_set.h"

namespace weir::engine {

struct RuleState {
  std::uint64_t version = 1;  // of the rule set in use: one more with each reload that succeeded
  TimeUs loaded_at = 0;       // wall-clock time
  std::size_t files = 0, loaded = 0, failed = 0, skipped = 0;
  std::vector<rules::RuleDiagnostic> errors;  // no warnings

  std::uint64_t reloads_done = 0, reloads_failed = 0;
  TimeUs last_reload_at = 0;      // wall-clock time of its end; 0: there was none
  std::string last_reload_error;  // empty when it was done

  // Of what a load said; `loaded.signatures` may have been taken already.
  void take(const rules::LoadedRules& rules, TimeUs now) {
    loaded_at = now;
    files = rules.files;
    loaded = rules.rules_seen - rules.failed - rules.skipped;
    failed = rules.failed;
    skipped = rules.skipped;
    errors.clear();
    for (const rules::RuleDiagnostic& d : rules.diagnostics)
      if (!d.is_warning()) errors.push_back(d);
  }
};

// What a reload of the rules came to.
struct ReloadResult {
  bool done = false;
  std::string error;  // when it was not done; the old rules are still in use
  // Writes the members of an object: what was added, removed, changed ... May be empty.
  std::function<void(output::JsonWriter& out)> report;
};

}  // namespace weir::engine
