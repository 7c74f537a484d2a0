// What confinement has to know of a run, from its command line.
#pragma once

#include "engine/cli/cli.h"
#include "engine/live/confine/confinement.h"

namespace weir::engine {

// Looks at the folders of -r and at the rules' configuration; changes nothing.
ConfinementPlan confinement_plan(const CliOptions& options, const Config& config);
// What weir.flows.clickhouse needs; part of the above.
void add_clickhouse(const Config& config, ConfinementPlan& plan);

}  // namespace weir::engine
