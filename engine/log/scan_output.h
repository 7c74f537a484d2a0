// Alerts of scans, from the records of a run's own flows.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/log/event_log.h"
#include "engine/log/scan_alerts.h"
#include "engine/scan/scan_watch.h"
#include "output/flow/record_outputs.h"

namespace weir::engine {

class ScanOutput final : public output::RecordOutput {
 public:
  explicit ScanOutput(const ScanWatchSettings& settings) : watch_(settings) {}

  // Before the first record: where alerts go. They are written by the thread that hands records on, which calls `written` then.
  // `at_end`: none before close(), so that their place among other events does not depend on the number of threads.
  void log_to(const std::vector<EventLog::Output>& logs, bool at_end, std::function<void()> written = {});

  void take(std::span<const flow::Record> records) override { watch_.take(records); }
  void tick(TimeUs now) override;
  // What is found later is not told.
  void close(std::vector<std::string>& errors) override;

 private:
  [[nodiscard]] ScanWatch::Visit visit();
  void write_held();

  ScanWatch watch_;
  ScanAlerts alerts_;
  std::vector<std::unique_ptr<output::LogSession>> sessions_;
  bool at_end_ = false;
  std::function<void()> written_;
  std::vector<std::pair<Scan, TimeUs>> held_;
  static constexpr std::size_t kMostHeld = 65'536;
};

// Null: `weir.flows.scans` does not ask for it.
std::shared_ptr<ScanOutput> open_scan_output(const Settings& root);

}  // namespace weir::engine
