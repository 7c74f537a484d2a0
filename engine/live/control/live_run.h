// A run that goes on until it is told to end: an interface, or the kernel's queues.
//
// The calling thread waits for signals and timers and does nothing for a packet: each worker has a source, a
// pipeline and a thread of its own (live_worker.h), and one thread writes the logs.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "engine/config/config.h"
#include "engine/live/control/live_sockets.h"
#include "engine/live/control/signals.h"
#include "engine/live/workers/live_options.h"
#include "engine/ruleset/rule_reloader.h"
#include "rules/set/rule_set.h"

namespace weir::engine {

// Where `threading:` wants the threads. Fails with a text that names the key.
tl::expected<void, std::string> pin_threads(const Config& config, LiveOptions& options);

// Returns when SIGINT or SIGTERM came and all is logged, or when no worker is left. Fails with a text when
// something cannot be opened. `rules` may be null: log only. `reloader` reads them anew (SIGUSR2, weir ctl
// reload); null: they stay as they are.
tl::expected<RunSummary, std::string> run_live(const LiveOptions& options, const Config& config,
                                               Signals& signals, LiveSockets sockets,
                                               std::shared_ptr<const rules::RuleSet> rules,
                                               RuleReloader* reloader);

}  // namespace weir::engine
