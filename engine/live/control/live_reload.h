// New rules for a run that goes on: read and compiled beside it, then given to its workers between two
// packets.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/live/control/control_target.h"
#include "engine/live/control/fd_loop.h"
#include "engine/live/control/notify.h"
#include "engine/live/workers/worker_set.h"
#include "engine/ruleset/rule_reloader.h"
#include "engine/ruleset/rule_state.h"

namespace weir::engine {

// Used by the main thread. What it is made from outlives it.
class LiveReload {
 public:
  using Done = std::function<void(const ReloadResult&)>;
  // `reloader` may be null: then nothing can be reloaded.
  LiveReload(RuleReloader* reloader, FdLoop& fds, WorkerSet& workers, ServiceNotifier& notifier);

  // The rules that the workers began with, and what loading them said.
  void begin_with(std::shared_ptr<const rules::RuleSet> rules, RuleState state);
  // See ControlTarget::reload. What came of it is also said on standard error. While a reload is under way, which may
  // have read the files already, one more is kept in mind and begins after it: all requests of that time are answered
  // by that one.
  void request(Done done);

  [[nodiscard]] const std::shared_ptr<const rules::RuleSet>& rules() const { return rules_; }
  [[nodiscard]] const RuleState& state() const { return state_; }

 private:
  static constexpr std::size_t kMaxWaiting = 256;  // for the next reload

  void begin();
  void take();
  void put_in_force(RuleReloader::Result& result);

  RuleReloader* reloader_;
  WorkerSet& workers_;
  ServiceNotifier& notifier_;
  std::shared_ptr<const rules::RuleSet> rules_;
  RuleState state_;
  std::vector<Done> waiting_;  // for the reload that is under way
  std::vector<Done> next_;     // for the one after it
};

}  // namespace weir::engine
