// Warnings about names in a rule that no table of the run holds: the alert says less than its author means.
#pragma once

#include <optional>

#include "rules/load/rule_warnings.h"

namespace weir::rules {

// A classtype that no classification file has: the alert has no category, and the default priority.
std::optional<RuleWarning> unknown_class(const Signature& signature, const RuleEnvironment& environment);
// A reference to a system that no reference file has: the alert names it without an address.
std::optional<RuleWarning> unknown_reference(const Signature& signature, const RuleEnvironment& environment);

}  // namespace weir::rules
