// From configuration and command line to loaded rules: which files, variables, tables and thresholds.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/config/config.h"
#include "engine/ruleset/reputation_setup.h"
#include "rules/compile/rule_builder.h"
#include "rules/load/rule_loader.h"
#include "rules/set/rule_set.h"

namespace weir::engine {

struct RuleSetupOptions {
  std::vector<std::string> exclusive;   // -S: instead of the configured files; paths or globs
  std::vector<std::string> additional;  // -s: besides them
  bool no_rules = false;                // --no-rules
  std::string data_dir;                 // --data-dir; empty: "default-data-dir", else the folder of the first rule file
  bool inline_mode = false;
  bool from_snort = false;  // all rules are in Snort 3's form; else those that can be in no other
};

struct RuleSetup {
  // Made before the rules; they and RuleSet::build need it.
  std::unique_ptr<rules::RuleEnvironment> environment;
  // With the diagnostics of variables, tables and thresholds among its own. Errors are for --strict to make fatal.
  rules::LoadedRules loaded;
  // Variables that are no lists of addresses or ports, with their places: rules that name them would mean something else, or
  // nothing. No rule has been read, and there must be no run with these.
  std::vector<std::string> wrong_variables;
  ReputationTotals reputation;  // what rules with iprep were loaded against
};

// What loading the rules reads, now and at a reload: files and globs, found as set_up_rules() finds them.
struct RulePaths {
  std::vector<std::string> files;
  std::string data_dir;  // written to as well; may be empty
  std::vector<std::string>
      written;  // files of data sets that the configuration names, each by way of a new one beside it
};
RulePaths rule_paths(const Config& config, const RuleSetupOptions& options);

// Reads `vars`, `classification-file`, `reference-config-file`, `default-rule-path`, `rule-files`, `threshold-file`, and what data
// sets and IP reputation need.
// Table and threshold files that are configured but missing are warnings, as stock configurations name files that are
// often not there; without tables the usual classes and reference systems are known. A relative name is looked for
// beside the configuration, then from the current folder; rule-files start at default-rule-path.
// `previous`: the rules of the run so far, which these are to replace (RuleSet::hand_on); null for the first ones.
RuleSetup set_up_rules(const Config& config, const RuleSetupOptions& options,
                       const rules::RuleSet* previous = nullptr);

}  // namespace weir::engine
