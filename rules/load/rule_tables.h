// classification.config and reference.config: the classes and reference systems that rules name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/compile/rule_builder.h"
#include "rules/language/diagnostic.h"

namespace weir::rules {

// "config classification: name,description,priority" and "config reference: system prefix", one a line. A line that
// cannot be read is an error that names file and line; the others count. A missing file is an error. A later entry of
// the same name is ignored, as Suricata does.
std::vector<RuleDiagnostic> load_classifications(const std::string& path, RuleEnvironment& environment);
std::vector<RuleDiagnostic> load_references(const std::string& path, RuleEnvironment& environment);

// The same from text; `file` is what diagnostics call it.
void read_classifications(std::string_view text, const std::string& file, RuleEnvironment& environment,
                          std::vector<RuleDiagnostic>& diagnostics);
void read_references(std::string_view text, const std::string& file, RuleEnvironment& environment,
                     std::vector<RuleDiagnostic>& diagnostics);

// The usual classes and systems, for runs without such files.
void add_default_tables(RuleEnvironment& environment);

inline constexpr std::size_t kMaxTableFileBytes = std::size_t{16} << 20U;

}  // namespace weir::rules
