// Says of one log, while a run lasts, how many of its lines were lost and why: at once when it begins, then
// only every now and then, and once more when lines are written again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "output/sink.h"

namespace weir::engine {

struct LossReportSettings {
  std::chrono::milliseconds every{10'000};
  // Gets each message; none: standard error.
  std::function<void(std::string_view)> say;
};

// How it stands with one log.
struct LogState {
  std::uint64_t written = 0;
  output::LossCounts losses{};
  std::string last_error;
};

class LossReport {
 public:
  // `settings` outlive the report. `name`: of the log.
  LossReport(std::string name, const LossReportSettings& settings)
      : name_(std::move(name)), settings_(settings) {}

  void update(const LogState& now, std::chrono::steady_clock::time_point time);

 private:
  void say(std::string_view text) const;

  std::string name_;
  const LossReportSettings& settings_;
  output::LossCounts told_{};
  std::string told_error_;
  std::uint64_t written_ = 0;  // when it was last told
  std::chrono::steady_clock::time_point next_{};
  bool losing_ = false;
};

// "the log queue was full", "disk full ..." as the sink says it.
std::string_view loss_reason(output::Loss loss, std::string_view sink_error);

}  // namespace weir::engine
