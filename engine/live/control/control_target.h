// What the control socket and the metrics see of a live run, and what they may do to it. Main thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/config/config.h"
#include "engine/live/workers/live_worker.h"
#include "engine/live/workers/worker_survey.h"
#include "engine/ruleset/rule_state.h"
#include "output/eve_log.h"
#include "output/json_writer.h"
#include "rules/set/rule_set.h"

namespace weir::engine {

class CaptureQueue;  // engine/live/control/capture_queue.h

class ControlTarget {
 public:
  virtual ~ControlTarget() = default;

  [[nodiscard]] virtual bool prevents() const = 0;
  [[nodiscard]] virtual const Config& config() const = 0;
  [[nodiscard]] virtual std::string log_dir() const = 0;
  [[nodiscard]] virtual std::uint64_t uptime_s() const = 0;

  [[nodiscard]] virtual LiveWorkers workers() const = 0;
  // What workers that were replaced have counted.
  [[nodiscard]] virtual const LiveWorker::Report& lost_workers() const = 0;
  [[nodiscard]] virtual WorkerSurvey& survey() = 0;
  // The counters of a stats event; `total` is the sum over all workers there were. The names live as long as
  // the run.
  [[nodiscard]] virtual std::vector<output::CounterValue> stats(const LiveWorker::Report& total) const = 0;

  [[nodiscard]] virtual const RuleState& rule_state() const = 0;
  // Null when there are no rules.
  [[nodiscard]] virtual std::shared_ptr<const rules::RuleSet> rule_set() const = 0;
  // Reads the rules anew, at once or after the reload that is under way; `done` runs on the main thread when that is
  // over. It runs at once when this run cannot reload.
  virtual void reload(std::function<void(const ReloadResult&)> done) = 0;

  // Captures that clients hand in; null: packets come from elsewhere.
  [[nodiscard]] virtual CaptureQueue* captures() { return nullptr; }
  // What rules keep of hosts; null: there is no such state from one moment to the next.
  [[nodiscard]] virtual rules::SharedState* shared_state() { return nullptr; }

  // Log files are closed and opened again under their names (somebody has moved them away).
  virtual void reopen_logs() = 0;
  // Log files are moved away and begun anew.
  virtual void rotate_logs() = 0;
  // The run ends as with SIGTERM.
  virtual void stop() = 0;
};

// Asks all workers for their reports; one that does not answer gives what it said the last time.
struct NamedReport {
  std::string name;
  std::string_view state;  // "running", "ended", "no answer"
  std::string error;       // why it ended by itself
  LiveWorker::Report report;
};
void ask_reports(ControlTarget& target, std::function<void(std::vector<NamedReport>)> done);

}  // namespace weir::engine
