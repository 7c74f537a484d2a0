// Compiles signatures into a Program: order of evaluation, groups, pattern sets.
#pragma once

#include <memory>
#include <vector>

#include "rules/set/program.h"

namespace weir::rules {

// Throws std::runtime_error when the pattern library refuses (its text says why): a defect of ours or no memory.
std::unique_ptr<RuleSet::Program> build_program(std::vector<LoadedSignature> signatures,
                                                const RuleEnvironment& environment, const RuleSetOptions& options);

}  // namespace weir::rules
