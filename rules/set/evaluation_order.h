// In which order rules are looked at: by what they do, those that set a name (a flowbit, a host's bit, a flowint) before those
// that wait for one, by priority. Rules that do nothing but set such (noalert) come before all that drop, reject or alert.
#pragma once

#include <vector>

#include "rules/compile/action_order.h"
#include "rules/compile/signature.h"

namespace weir::rules {

// Rules of the same rank stay in the order in which they were loaded.
void sort_by_evaluation(std::vector<LoadedSignature>& signatures, const ActionOrder& order);

}  // namespace weir::rules
