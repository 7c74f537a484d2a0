// What confinement has to know of a run, from its command line.
#pragma once

#include "engine/cli/cli.h"
#include "engine/live/confine/confinement.h"

namespace weir::engine {

// Looks at the folders of -r and at the rules' configuration; changes nothing.
ConfinementPlan confinement_plan(const CliOptions& options, const Config& config);

}  // namespace weir::engine
