#include "engine/log/scan_output.h"

namespace weir::engine {

void ScanOutput::log_to(const std::vector<EventLog::Output>& logs, bool at_end,
                        std::function<void()> written) {
  for (const EventLog::Output& log : logs) sessions_.push_back(log.log->session(*log.sink));
  at_end_ = at_end;
  written_ = std::move(written);
}

ScanWatch::Visit ScanOutput::visit() {
  return [this](const Scan& scan, TimeUs within) {
    held_.emplace_back(scan, within);
    if (held_.size() == kMostHeld) write_held();
  };
}

void ScanOutput::write_held() {
  if (held_.empty()) return;
  for (const auto& [scan, within] : held_) alerts_.write(scan, within, sessions_);
  held_.clear();
  if (written_) written_();
}

void ScanOutput::tick(TimeUs now) {
  watch_.tick(now);
  watch_.tell(visit());
  if (!at_end_) write_held();
}

void ScanOutput::close(std::vector<std::string>& /*errors*/) {
  watch_.finish(visit());
  write_held();
  sessions_.clear();
}

std::shared_ptr<ScanOutput> open_scan_output(const Settings& root) {
  const ScanWatchSettings settings = ScanWatchSettings::from(root);
  return settings.on ? std::make_shared<ScanOutput>(settings) : nullptr;
}

}  // namespace weir::engine
