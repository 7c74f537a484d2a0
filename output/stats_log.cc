#include "output/stats_log.h"

#include <ctime>
#include <iterator>

#include <fmt/format.h>

namespace weir::output {
namespace {

constexpr std::string_view kRule =
    "------------------------------------------------------------------------------------";

std::string date_line(const StatsRecord& r) {
  const std::uint64_t seconds = r.uptime_s % 60, minutes = r.uptime_s / 60;
  const auto when = static_cast<std::time_t>(r.time / 1'000'000);
  std::tm local{};
  ::localtime_r(&when, &local);
  return fmt::format("Date: {}/{}/{:04} -- {:02}:{:02}:{:02} (uptime: {}d, {:02}h {:02}m {:02}s)",
                     local.tm_mon + 1, local.tm_mday, local.tm_year + 1900, local.tm_hour, local.tm_min,
                     local.tm_sec, minutes / (24 * 60), minutes / 60 % 24, minutes % 60, seconds);
}

}  // namespace

std::unique_ptr<LogSession> StatsLog::session(Sink& sink) const {
  return std::make_unique<StatsSession>(*this, sink);
}

void StatsSession::stats(const StatsRecord& r) {
  sink_.write_line(kRule);
  sink_.write_line(date_line(r));
  sink_.write_line(kRule);
  write_row("Counter", "TM Name", "Value");
  sink_.write_line(kRule);
  if (log_.totals()) write_rows("Total", r.counters);
  if (!log_.threads()) return;
  for (const ThreadStats& thread : r.threads) write_rows(thread.name, thread.counters);
}

// Members of lists ("detect.engines[].rules_loaded") have no place in a table.
void StatsSession::write_rows(std::string_view thread, const std::vector<CounterValue>& counters) {
  for (const auto& [name, value] : counters)
    if ((value != 0 || log_.null_values()) && name.find('[') == std::string_view::npos)
      write_row(name, thread, fmt::format("{}", value));
}

void StatsSession::write_row(std::string_view counter, std::string_view thread, std::string_view value) {
  line_.clear();
  fmt::format_to(std::back_inserter(line_), "{:<45} | {:<25} | {}", counter, thread, value);
  sink_.write_line(line_);
}

const LogKind log_stats{.name = "stats",
                        .filename = "stats.log",
                        .make = [](const LogEntry& entry) -> std::unique_ptr<const Log> {
                          return std::make_unique<StatsLog>(entry.settings);
                        }};

}  // namespace weir::output
