// threshold.config: thresholds, rate filters and suppressions that the operator lays over the rules.
//
//   threshold|event_filter gen_id G, sig_id S, type limit|threshold|both|backoff, track T, count N, seconds N
//   rate_filter gen_id G, sig_id S, track T, count N, seconds N, new_action alert|drop|pass|reject, timeout N
//   suppress gen_id G, sig_id S[, track by_src|by_dst|by_either, ip LIST]
//
// T is by_src, by_dst, by_both, by_rule or by_flow; LIST is what a rule's header takes, variables too. sig_id 0 stands
// for every rule of the generator, gen_id 0 (with sig_id 0) for every rule.
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

// Reads the file and applies it. An entry for one rule replaces the rule's own threshold and detection_filter; one for
// all rules is only for rules that have none. Suppressions add up. A line that is wrong is an error with its place, one
// that names a rule which is not loaded a warning; a missing file is an error.
std::vector<RuleDiagnostic> apply_threshold_file(const std::string& path, const RuleEnvironment& environment,
                                                 std::span<LoadedSignature> signatures);
// The same from text; `file` is what diagnostics call it.
std::vector<RuleDiagnostic> apply_thresholds(std::string_view text, const std::string& file,
                                             const RuleEnvironment& environment,
                                             std::span<LoadedSignature> signatures);

}  // namespace weir::rules
