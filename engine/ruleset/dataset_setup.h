// The `datasets:` section: sets that the configuration defines, and what rules may do with theirs.
#pragma once

#include <string>
#include <vector>

#include "engine/config/config.h"
#include "rules/compile/rule_builder.h"

namespace weir::engine {

// Reads the section and makes its sets, with the values of their files (or of the rules before, see
// rules::make_dataset). Of a set: type, load, save, state, memcap, hashsize. Relative names lie below the data directory;
// one that is only read may lie beside the configuration. What cannot be used is told, and the set is not there: rules
// that name it fail. To be called when the environment is complete, before rules are loaded into it.
void set_up_datasets(const Config& config, rules::RuleEnvironment& environment,
                     std::vector<rules::RuleDiagnostic>& diagnostics);

// Files that such sets are read from, and files that they are written to.
struct DatasetFiles {
  std::vector<std::string> read, written;
};
DatasetFiles dataset_files(const Config& config, const std::string& data_dir);

}  // namespace weir::engine
