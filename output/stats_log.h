// stats.log: a table of the counters each time, for people and for tools that read Suricata's.
//
//   ----
//   Date: 4/6/2022 -- 17:18:08 (uptime: 0d, 00h 00m 00s)
//   ----
//   Counter                                       | TM Name                   | Value
//   ----
//   detect.alert                                  | Total                     | 3
//
// (longer rules).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "output/log.h"

namespace weir::output {

class StatsLog final : public Log {
 public:
  explicit StatsLog(const Settings& s)
      : totals_(s.flag("totals", true)),
        threads_(s.flag("threads", false)),
        null_values_(s.flag("null-values", false)) {}
  [[nodiscard]] bool wants(EventType type) const override { return type == EventType::stats; }
  [[nodiscard]] std::unique_ptr<LogSession> session(Sink& sink) const override;

  // Whether there are rows of the sums of all workers and of each worker, and of counters that are zero.
  [[nodiscard]] bool totals() const { return totals_; }
  [[nodiscard]] bool threads() const { return threads_; }
  [[nodiscard]] bool null_values() const { return null_values_; }

 private:
  const bool totals_, threads_, null_values_;
};

class StatsSession final : public LogSession {
 public:
  StatsSession(const StatsLog& log, Sink& sink) : log_(log), sink_(sink) {}
  void stats(const StatsRecord& r) override;

 private:
  void write_rows(std::string_view thread, const std::vector<CounterValue>& counters);
  void write_row(std::string_view counter, std::string_view thread, std::string_view value);

  const StatsLog& log_;
  Sink& sink_;
  std::string line_;  // reused
};

}  // namespace weir::output
