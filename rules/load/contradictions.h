// Warnings about conditions of one rule on one buffer that exclude each other.
#pragma once

#include <optional>

#include "rules/load/rule_warnings.h"

namespace weir::rules {

// Sizes that the rule or the kind of value admits, against each other, its contents and isdataat.
std::optional<RuleWarning> sizes_exclude(const Signature& signature, const RuleEnvironment& environment);
// Two contents that ask for different bytes at one place, or one that holds what another one excludes.
std::optional<RuleWarning> contents_exclude(const Signature& signature, const RuleEnvironment& environment);

}  // namespace weir::rules
