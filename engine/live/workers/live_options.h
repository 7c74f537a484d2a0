// What a live run is made of: its workers to be, and how they treat packets.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/account/ticks.h"
#include "engine/live/sources/packet_source.h"
#include "engine/live/sources/pulse.h"
#include "engine/live/workers/cpu_affinity.h"
#include "engine/pipeline/run_summary.h"
#include "engine/ruleset/rule_state.h"
#include "output/flow/record_outputs.h"

namespace weir::engine {

class Guard;  // engine/live/sources/guard.h

// One worker to be: how its source is opened, again should it have to be replaced.
struct WorkerPlan {
  std::string name;  // of the thread: "W#01-eth0"
  std::function<tl::expected<std::unique_ptr<PacketSource>, std::string>()> open;
  std::string interface {};  // that it listens on; empty: a queue
  Cores cores{};             // to be pinned to; empty: where the system likes
};

struct LiveOptions {
  std::span<Pulse> pulses;  // one a worker
  Guard* guard = nullptr;   // null: there is none
  std::string log_dir = ".";
  ChecksumMode checksums = ChecksumMode::automatic;  // automatic: as the kernel says of each packet
  bool prevent = false;
  bool fail_open = true;  // inline: packets that cannot be inspected pass
  Ticks packet_budget = 0;  // see PipelineSetup
  bool verbose = false;
  std::vector<WorkerPlan> workers;
  Cores management_cores;  // of all other threads
  RuleState rules;
  output::RecordSettings records;  // of flows
  std::function<void()> begun;  // called once, when the workers run and before that is told; may be empty
};

}  // namespace weir::engine
