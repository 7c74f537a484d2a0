// Reads rule files: text to signatures, one diagnostic for each rule that cannot be used; the others still load.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/compile/rule_builder.h"
#include "rules/compile/signature.h"
#include "rules/language/diagnostic.h"

namespace weir::rules {

struct LoadedRules {
  std::vector<LoadedSignature> signatures;  // in the order of the files
  // Errors and warnings, in the order of the files; what only all rules together tell comes last.
  std::vector<RuleDiagnostic> diagnostics;
  std::size_t files = 0, rules_seen = 0, failed = 0, skipped = 0;  // skipped: `requires` not met
};

// `patterns` are paths or globs; one that names no file is an error. Of two rules with the same gid and sid the higher
// rev wins (with a warning), a second one with the same rev is an error. Files are read in pieces of kRulePieceBytes (more for longer rules); one
// over kMaxRuleFileBytes is refused. A file that cannot be read to its end is an error without a line.
// A rule that cannot be used in our form and can be in none but Snort 3's is turned into ours (rules/load/snort_form.h); with
// RuleForm::snort all are. Where it then does something else a warning says what.
enum class RuleForm : std::uint8_t { ours, snort };
LoadedRules load_rule_files(std::span<const std::string> patterns, RuleEnvironment& environment,
                            RuleForm form = RuleForm::ours);
// The same for text that is already here; `file` is what diagnostics call it.
void load_rule_text(std::string_view text, const std::string& file, RuleEnvironment& environment,
                    LoadedRules& into, RuleForm form = RuleForm::ours);

inline constexpr std::size_t kRulePieceBytes = std::size_t{256} << 10U;
inline constexpr std::size_t kMaxRuleFileBytes = std::size_t{256} << 20U;

}  // namespace weir::rules
