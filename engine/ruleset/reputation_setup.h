// IP reputation as the configuration names it: reputation-categories-file, default-reputation-path, reputation-files.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/config/config.h"
#include "rules/compile/rule_builder.h"

namespace weir::engine {

struct ReputationTotals {
  std::size_t files = 0;       // of reputation-files
  std::size_t addresses = 0;   // and networks that are listed
  std::size_t categories = 0;  // 0: there is no IP reputation
};

// Reads the files, for rules with iprep. What cannot be used is told; without a category that can be such rules are refused. To be
// called before rules are loaded into the environment.
ReputationTotals set_up_reputation(const Config& config, rules::RuleEnvironment& environment,
                                   std::vector<rules::RuleDiagnostic>& diagnostics);

// The files that it reads.
std::vector<std::string> reputation_paths(const Config& config);

}  // namespace weir::engine
