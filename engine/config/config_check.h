// Settings that contradict each other or name something that does not exist: the run must not start with them.
#pragma once

#include <string>
#include <vector>

#include "engine/config/config.h"

namespace weir::engine {

// One message for each wrong exception policy: a value that is none, and one that cannot be kept for connections picked
// up midstream (a flow cannot be blocked or passed packet by packet there, as Suricata has it). One for an action-order
// that is none. Empty: all is well.
std::vector<std::string> check_policies(const Config& config);

}  // namespace weir::engine
