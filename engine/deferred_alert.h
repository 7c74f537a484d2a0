// Alerts whose thresholds depend on matches in other flows, when several workers find them: each writes its
// line, and whether it stays is decided where the lines are put in order, so that matches are counted in
// packet order whatever the number of workers.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engine/stats.h"
#include "output/sink.h"
#include "rules/shared_state.h"
#include "rules/signature.h"

namespace weir::engine {

// The undecided alerts of one flow: whether any of them is written decides whether the flow counts as
// alerted. Filled by the flow's worker; asked by the merging thread once the flow has ended.
class FlowAlerts {
 public:
  static constexpr std::size_t kMax = 256;  // of one flow; further ones do not make it alerted
  void add(std::shared_ptr<output::LineCondition> alert) {
    if (alerts_.size() < kMax) alerts_.push_back(std::move(alert));
  }
  // Holds when any of the alerts is written, or (`wanted` false) when none is.
  static std::shared_ptr<output::LineCondition> condition(std::shared_ptr<FlowAlerts> alerts, bool wanted);
  [[nodiscard]] bool any_written() const;

 private:
  std::vector<std::shared_ptr<output::LineCondition>> alerts_;
};

// Belongs to the thread that merges the lines; workers only call about(), which touches nothing shared.
class DeferredAlerts {
 public:
  // `shared` outlives this and every condition.
  explicit DeferredAlerts(rules::SharedState& shared) : shared_(shared) {}
  // A condition for the lines (one an output) of one alert. Several outputs ask; the first question decides.
  std::shared_ptr<output::LineCondition> about(const rules::Signature& signature,
                                               const rules::ThresholdTracker& tracker, TimeUs time);
  // Alerts written and suppressed so far.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  class Condition;
  rules::SharedState& shared_;
  Counters counters_;
};

}  // namespace weir::engine
