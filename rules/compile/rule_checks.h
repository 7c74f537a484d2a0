// What must hold for a rule as a whole, once all of its keywords are compiled. Load time only.
#pragma once

#include "rules/compile/signature.h"
#include "rules/language/diagnostic.h"

namespace weir::rules {

// Refuses rules that contradict themselves or can never match, in the cases in which Suricata does; fills in
// what follows from the whole (implied direction, payload_needs_packet). Runs once per rule.
Compiled check_rule(Signature& signature);

// How long the buffer must be at least for the contents of the chain to match.
std::int64_t least_size(const BufferChain& chain);

}  // namespace weir::rules
