// Groups the rules about frames: by protocol and direction, and within them by what they look at.
#pragma once

#include "rules/prefilter/pattern_databases.h"
#include "rules/set/program.h"

namespace weir::rules {

// Of a program whose rules and buffers are there. The groups can be used once `databases` are compiled.
void group_frames(RuleSet::Program& program, PatternDatabases& databases);

}  // namespace weir::rules
