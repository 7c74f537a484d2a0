// Warnings about contents that the values of their buffer can hardly or never hold.
#pragma once

#include <optional>

#include "rules/load/rule_warnings.h"

namespace weir::rules {

// Bytes that no value has, one that is too long, a part of a digest, a header's name in its value, the lengths of labels in a
// name with dots.
std::optional<RuleWarning> is_no_value(const Signature& signature, const RuleEnvironment& environment);

}  // namespace weir::rules
