// Groups the rules about packets and streams: by IP class and direction, and within them by server port and application
// protocol (PacketRules).
#pragma once

#include "rules/prefilter/pattern_databases.h"
#include "rules/set/program.h"

namespace weir::rules {

// Of a program whose rules are there. The groups can be used once `databases` are compiled.
void group_packets(RuleSet::Program& program, PatternDatabases& databases);

}  // namespace weir::rules
