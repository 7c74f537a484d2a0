// A run that goes on until it is told to end: an interface, or the kernel's queues.
//
// The calling thread waits for signals and timers and does nothing for a packet: each worker has a source, a
// pipeline and a thread of its own (live_worker.h), and one thread writes the logs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/config.h"
#include "engine/live/cpu_affinity.h"
#include "engine/live/live_sockets.h"
#include "engine/live/packet_source.h"
#include "engine/live/pulse.h"
#include "engine/live/rule_state.h"
#include "engine/live/signals.h"
#include "engine/rule_reloader.h"
#include "engine/run.h"
#include "rules/rule_set.h"

namespace weir::engine {

// One worker to be: how its source is opened, again should it have to be replaced.
struct WorkerPlan {
  std::string name;  // of the thread: "W#01-eth0"
  std::function<tl::expected<std::unique_ptr<PacketSource>, std::string>()> open;
  std::string interface {};  // that it listens on; empty: a queue
  Cores cores{};             // to be pinned to; empty: where the system likes
};

struct LiveOptions {
  std::span<Pulse> pulses;  // one a worker
  std::string log_dir = ".";
  ChecksumMode checksums = ChecksumMode::automatic;  // automatic: as the kernel says of each packet
  bool prevent = false;
  bool fail_open = true;  // inline: packets that cannot be inspected pass
  Ticks packet_budget = 0;  // see PipelineSetup
  bool verbose = false;
  std::vector<WorkerPlan> workers;
  Cores management_cores;  // of all other threads
  RuleState rules;
};

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
