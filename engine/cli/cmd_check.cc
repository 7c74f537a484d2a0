#include <cstdio>

#include <fmt/format.h>

#include "engine/cli/cli.h"
#include "rules/set/rule_set.h"

namespace weir::engine {

int run_check(const CliOptions& options) {
  CliOptions all = options;
  all.verbose = true;  // who checks wants to know
  const auto config = load_configuration(all);
  if (!config) return kExitFailed;
  if (!report_setup(*config, options)) return kExitFailed;
  RuleSetup setup = set_up_rules(*config, options.rules);
  std::size_t errors = 0;
  for (const rules::RuleDiagnostic& d : setup.loaded.diagnostics) {
    errors += d.warning ? 0U : 1U;
    fmt::print(stderr, "{}\n", rules::to_string(d));
  }
  fmt::print("{}\n", rule_totals(setup.loaded));
  // Compiling finds what checking one rule at a time cannot.
  (void)build_rules(setup, *config, options);
  return options.strict && errors != 0 ? kExitFailed : kExitDone;
}

}  // namespace weir::engine
