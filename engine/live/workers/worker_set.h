// The workers of a live run: started, asked, watched, replaced when they are stuck, stopped.
//
// Owned and used by the main thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/live/workers/live_options.h"
#include "engine/live/workers/live_worker.h"
#include "engine/live/workers/progress_watch.h"
#include "engine/log/log_writer.h"
#include "engine/log/record_writer.h"
#include "rules/state/shared_state.h"

namespace weir::engine {

class WorkerSet {
 public:
  using Clock = std::chrono::steady_clock;
  // All references outlive the set. `patience`: a worker that does not get on for so long is replaced; 0:
  // never.
  // `records` may be null: nobody wants them.
  WorkerSet(const LiveOptions& options, const PipelineSetup& setup, LogWriter& writer, RecordWriter* records,
            std::chrono::milliseconds patience);
  ~WorkerSet();
  WorkerSet(const WorkerSet&) = delete;
  WorkerSet& operator=(const WorkerSet&) = delete;

  // Opens all sources, one after the other. Fails with the first one's text.
  tl::expected<void, std::string> start(std::shared_ptr<const rules::RuleSet> rules);
  // The rules of workers that are started from now on.
  [[nodiscard]] rules::SharedState& shared_state() { return shared_; }
  void set_rules(std::shared_ptr<const rules::RuleSet> rules) { rules_ = std::move(rules); }

  [[nodiscard]] std::span<const std::unique_ptr<LiveWorker>> workers() const { return workers_; }
  [[nodiscard]] bool all_ended() const;
  // What workers that were replaced have counted.
  [[nodiscard]] const LiveWorker::Report& lost() const { return lost_; }
  // Of all workers there were; waits for each up to `limit`.
  LiveWorker::Report sum_up(std::chrono::milliseconds limit);

  // Whether each has come round its loop within `limit`.
  bool all_move(Clock::time_point now, std::chrono::microseconds limit);
  // Opens a new source for each worker that is stuck and lets the stuck thread be. Gives a line of text for
  // each. After too many of them in short order the run is to end: see failed().
  std::vector<std::string> replace_stuck(Clock::time_point now);
  [[nodiscard]] bool failed() const { return failed_; }

  // All flows end and are logged; workers that do not end within `limit` are left behind. What went wrong is
  // told in `errors`.
  void stop(std::chrono::milliseconds limit, std::vector<std::string>& errors);
  // Threads that could not be ended: the process must not wait for them.
  [[nodiscard]] bool left_behind() const { return left_behind_; }

 private:
  static constexpr std::size_t kMaxReplacements = 3;  // within kReplacementPeriod
  static constexpr std::chrono::seconds kReplacementPeriod{60};
  tl::expected<std::unique_ptr<LiveWorker>, std::string> make(std::size_t number);
  void abandon(std::size_t number);
  bool too_many(Clock::time_point now);

  const LiveOptions& options_;
  const PipelineSetup& setup_;
  LogWriter& writer_;
  RecordWriter* records_;
  const std::chrono::milliseconds patience_;
  std::shared_ptr<const rules::RuleSet> rules_;
  rules::SharedState shared_;
  ExpectedFlows expected_;
  RangedFiles ranged_;
  std::vector<std::unique_ptr<LiveWorker>> workers_;
  std::vector<LiveWorker*> abandoned_;  // never destroyed: their threads may come back
  LiveWorker::Report lost_;             // what workers that were replaced had to say
  ProgressWatch progress_, stuck_;
  std::vector<std::uint64_t> beats_;
  std::vector<Clock::time_point> replacements_;
  Clock::time_point last_look_{};
  bool failed_ = false, left_behind_ = false;
};

}  // namespace weir::engine
