#include "engine/log/log_outputs.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "engine/config/config.h"
#include "output/sink_settings.h"

namespace weir::engine {
namespace {

constexpr std::uint64_t kMaxKept = 1'000'000;

bool is_on(const Config::Item& item) {
  return item.settings->flag("enabled", true);
}

std::vector<output::EveLog::TypeEntry> types_of(const Config& config, const Config::Item& eve_log) {
  std::vector<output::EveLog::TypeEntry> types;
  for (const Config::Item& type : config.items(eve_log.path + ".types"))
    types.push_back({type.name, type.settings});
  return types;
}

tl::expected<output::SinkSettings, std::string> sink_settings(const Config& config, const Config::Item& item,
                                                              const std::string& log_dir) {
  const output::SinkDefaults defaults{.folder = log_dir,
                                      .filename = item.name == "fast" ? "fast.log" : "eve.json",
                                      .rotate_bytes = config.bytes("weir.log-rotate-size", 0),
                                      .rotate_keep = static_cast<unsigned>(std::min<std::uint64_t>(
                                          config.number("weir.log-rotate-keep", 0), kMaxKept))};
  auto settings = output::SinkSettings::from(*item.settings, defaults);
  if (!settings) return tl::unexpected(fmt::format("outputs: {}: {}", item.name, settings.error()));
  return settings;
}

tl::expected<LogOutputs::Eve, std::string> open_log(const Config& config, const Config::Item& item,
                                                    const std::string& log_dir, unsigned number) {
  const auto settings = sink_settings(config, item, log_dir);
  if (!settings) return tl::unexpected(settings.error());
  LogOutputs::Eve out;
  if (item.name == "fast")
    out.log = output::EveLog::fast();
  else
    out.log = std::make_unique<output::EveLog>(*item.settings, types_of(config, item), number);
  out.path = settings->name();
  auto sink = output::open_sink(*settings);
  if (!sink) return tl::unexpected(sink.error());
  out.sink = std::move(*sink);
  return out;
}

// Suricata refuses a second one of these; files that pass there pass here.
constexpr std::array<std::string_view, 2> kOnlyOnce{"anomaly", "drop"};

void check_types(const Config& config, const Config::Item& item, std::map<std::string, int>& seen,
                 std::vector<OutputProblem>& problems) {
  auto types = types_of(config, item);
  std::erase_if(types, [](const auto& type) { return !type.settings->flag("enabled", true); });
  for (const auto& type : types) {
    const bool only_once = std::find(kOnlyOnce.begin(), kOnlyOnce.end(), type.name) != kOnlyOnce.end();
    if (++seen[type.name] == 2 && only_once)
      problems.push_back({fmt::format("outputs: only one eve-log can have '{}'", type.name), true});
  }
  const output::EveLog log(*item.settings, types);
  for (const std::string& name : log.unknown_types())
    problems.push_back({fmt::format("outputs: eve-log: '{}' events are not written", name)});
}

}  // namespace

tl::expected<LogOutputs, std::string> LogOutputs::open(const Config& config, const std::string& log_dir) {
  if (!config.has("outputs")) {
    const Config built_in;
    return open(built_in, log_dir);
  }
  LogOutputs out;
  for (const Config::Item& item : config.items("outputs")) {
    if ((item.name != "eve-log" && item.name != "fast") || !is_on(item)) continue;
    if (out.eve.size() == output::kMaxEveLogs)
      return tl::unexpected(fmt::format("outputs: more than {} logs", output::kMaxEveLogs));
    auto log = open_log(config, item, log_dir, static_cast<unsigned>(out.eve.size()));
    if (!log) return tl::unexpected(log.error());
    out.eve.push_back(std::move(*log));
  }
  return out;
}

void LogOutputs::close(std::vector<std::string>& errors) {
  for (Eve& e : eve) {
    e.sink->flush();
    if (e.sink->lines_lost() != 0)
      errors.push_back(
          fmt::format("{}: {} lines not written: {}", e.path, e.sink->lines_lost(), e.sink->first_error()));
  }
}

std::vector<OutputProblem> check_outputs(const Config& config) {
  std::vector<OutputProblem> problems;
  std::map<std::string, int> outputs, types;
  for (const Config::Item& item : config.items("outputs")) {
    if (!is_on(item)) continue;
    if (++outputs[item.name] == 2 && item.name == "file-store")
      problems.push_back({"outputs: only one file-store can be on", true});
    if (item.name == "eve-log" && item.settings->flag("threaded", false))
      problems.push_back({"outputs: eve-log: threaded: one log with the lines of all workers is written"});
    if (item.name == "eve-log")
      check_types(config, item, types, problems);
    else if (item.name != "fast")
      problems.push_back({fmt::format("outputs: '{}' is not supported: left out", item.name)});
    if (item.name != "eve-log" && item.name != "fast") continue;
    if (auto settings = sink_settings(config, item, "."); !settings)
      problems.push_back({settings.error(), true});
  }
  return problems;
}

}  // namespace weir::engine
