// In which order rules are looked at: by what they do, those that set a flowbit before those that wait for it, by priority.
// Rules that do nothing but set flowbits (noalert) come before all that drop, reject or alert.
#pragma once

#include <vector>

#include "rules/compile/action_order.h"
#include "rules/compile/signature.h"

namespace weir::rules {

// Rules of the same rank stay in the order in which they were loaded.
void sort_by_evaluation(std::vector<LoadedSignature>& signatures, const ActionOrder& order);

}  // namespace weir::rules
