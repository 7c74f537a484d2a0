// Alerts whose thresholds depend on matches in other flows, when several workers find them: each writes its
// line, and whether it stays is decided where the lines are put in order, so that matches are counted in
// packet order whatever the number of workers.
#pragma once

#include <memory>

#include "engine/account/stats.h"
#include "engine/log/line_merger.h"
#include "output/sink.h"
#include "rules/compile/signature.h"
#include "rules/state/shared_state.h"

namespace weir::engine {

// Whether any of a flow's undecided alerts has been written: then the flow counts as alerted. Made by the flow's
// worker; set and asked by the merging thread, asked once the flow has ended.
struct FlowAlerts {
  bool any_written = false;
  // Holds when one of the alerts is written, or (`wanted` false) when none is.
  static std::shared_ptr<output::LineCondition> condition(std::shared_ptr<FlowAlerts> alerts, bool wanted);
};

// One worker's. The worker calls about() and take(); all else happens in the thread that merges.
class DeferredAlerts {
 public:
  // `shared` and `position` outlive this, this outlives every condition.
  DeferredAlerts(rules::SharedState& shared, const RunPosition& position) : shared_(shared), undecided_(position) {}
  // A condition for the lines (one an output) of one alert at the worker's position. `flow` may be null.
  std::shared_ptr<output::LineCondition> about(const rules::Signature& signature,
                                               const rules::ThresholdTracker& tracker, TimeUs time,
                                               std::shared_ptr<FlowAlerts> flow);
  // The conditions made since the last call. Merged with those of the other workers, before the lines that depend
  // on them, they are decided in packet order.
  OrderedLines take() { return undecided_.take(); }
  // Alerts written and suppressed so far.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  class Condition;
  rules::SharedState& shared_;
  LineCollector undecided_;  // conditions without lines
  Counters counters_;
};

}  // namespace weir::engine
