#include <cstdio>

#include <fmt/format.h>

#include "engine/cli/cli.h"
#include "rules/load/record_use.h"
#include "rules/set/rule_set.h"

namespace weir::engine {
namespace {

// A file that cannot be read, or none of its rules: whoever runs with these has no rules.
bool is_useless(const rules::LoadedRules& loaded) {
  for (const rules::RuleDiagnostic& d : loaded.diagnostics)
    if (d.line == 0 && !d.is_warning()) return true;
  return loaded.rules_seen != 0 && loaded.failed == loaded.rules_seen;
}

// Each rule that no record can match, with its place, and how many can.
void tell_of_records(const std::vector<rules::LoadedSignature>& signatures) {
  std::size_t fit = 0;
  for (const rules::LoadedSignature& s : signatures) {
    const std::string why = rules::why_not_on_records(*s);
    fit += why.empty() ? 1 : 0;
    if (!why.empty())
      fmt::print("{}:{}: sid {}: never matches on records: {}\n", s.file, s.line, s->meta.sid, why);
  }
  fmt::print("{} of {} rules can match on records\n", fit, signatures.size());
}

}  // namespace

int run_check(const CliOptions& options) {
  CliOptions all = options;
  all.verbose = true;  // who checks wants to know
  const auto config = load_configuration(all);
  if (!config) return kExitFailed;
  if (!report_setup(*config, options)) return kExitFailed;
  RuleSetupOptions sources = options.rules;
  sources.from_snort = options.own_option;
  RuleSetup setup = set_up_rules(*config, sources);
  if (!report_variables(setup)) return kExitFailed;
  const std::size_t errors = print_diagnostics(setup.loaded, SIZE_MAX);
  fmt::print("{}\n", rule_totals(setup.loaded));
  if (setup.reputation.categories != 0) fmt::print("{}\n", reputation_totals(setup.reputation));
  if (options.on_records) tell_of_records(setup.loaded.signatures);
  const bool useless = is_useless(setup.loaded);
  // Compiling finds what checking one rule at a time cannot.
  (void)build_rules(setup, *config, options);
  return useless || (options.strict && errors != 0) ? kExitFailed : kExitDone;
}

}  // namespace weir::engine
