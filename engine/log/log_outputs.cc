#include "engine/log/log_outputs.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/config/config.h"
#include "output/eve_log.h"
#include "output/sink_settings.h"

namespace weir::engine {
namespace {

constexpr std::uint64_t kMaxKept = 1'000'000;

bool is_on(const Config::Item& item) {
  return item.settings->flag("enabled", true);
}

output::LogEntry entry_of(const Config& config, const Config::Item& item, unsigned number = 0) {
  output::LogEntry entry{*item.settings, {}, number, config.text("sensor-name").value_or("")};
  for (const Config::Item& type : config.items(item.path + ".types"))
    entry.types.push_back({type.name, type.settings});
  return entry;
}

tl::expected<output::SinkSettings, std::string> sink_settings(const Config& config, const Config::Item& item,
                                                              const output::LogKind& kind,
                                                              const std::string& log_dir) {
  const output::SinkDefaults defaults{.folder = log_dir,
                                      .filename = std::string(kind.filename),
                                      .rotate_bytes = config.bytes("weir.log-rotate-size", 0),
                                      .rotate_keep = static_cast<unsigned>(std::min<std::uint64_t>(
                                          config.number("weir.log-rotate-keep", 0), kMaxKept))};
  auto settings = output::SinkSettings::from(*item.settings, defaults);
  if (!settings) return tl::unexpected(fmt::format("outputs: {}: {}", item.name, settings.error()));
  return settings;
}

constexpr std::string_view kFileStore = "file-store";

tl::expected<output::FileStoreSettings, std::string> store_settings(const Config& config, const Config::Item& item,
                                                                    const std::string& log_dir) {
  return output::FileStoreSettings::from(*item.settings, config.sub("weir.file-store"), log_dir);
}

tl::expected<std::unique_ptr<output::FileStore>, std::string> open_store(const Config& config, const Config::Item& item,
                                                                         const std::string& log_dir) {
  auto settings = store_settings(config, item, log_dir);
  if (!settings) return tl::unexpected(settings.error());
  return output::FileStore::open(std::move(*settings));
}

constexpr std::string_view kPacketLog = "pcap-log";

tl::expected<output::PacketLogSettings, std::string> packet_settings(const Config& config,
                                                                     const Config::Item& item,
                                                                     const std::string& log_dir) {
  return output::PacketLogSettings::from(*item.settings, config.sub("weir.pcap-log"), log_dir);
}

tl::expected<std::unique_ptr<output::PacketLog>, std::string> open_packet_log(const Config& config,
                                                                              const Config::Item& item,
                                                                              const std::string& log_dir) {
  auto settings = packet_settings(config, item, log_dir);
  if (!settings) return tl::unexpected(settings.error());
  return output::PacketLog::open(std::move(*settings));
}

tl::expected<LogOutputs::Open, std::string> open_log(const Config& config, const Config::Item& item,
                                                     const output::LogKind& kind, const std::string& log_dir,
                                                     unsigned number) {
  const auto settings = sink_settings(config, item, kind, log_dir);
  if (!settings) return tl::unexpected(settings.error());
  auto sink = output::open_sink(*settings);
  if (!sink) return tl::unexpected(sink.error());
  return LogOutputs::Open{kind.make(entry_of(config, item, number)), std::move(*sink), settings->name};
}

// Of an entry that no output can be made of.
OutputProblem unusable(const Config& config, const Config::Item& item, const std::string& why) {
  const std::string place = config.place(item.path);
  return {.text = place.empty() ? why : place + ": " + why, .is_error = true, .ends_run = true};
}

void check_types(const Config& config, const Config::Item& item, std::map<std::string, int>& seen,
                 std::vector<OutputProblem>& problems) {
  const output::LogEntry entry = entry_of(config, item);
  std::vector<std::string> unwritten;
  for (const auto& type : entry.types) {
    if (!type.settings->flag("enabled", true)) continue;
    if (++seen[type.name] == 2 && output::EveLog::only_once(type.name))
      problems.push_back({fmt::format("outputs: only one eve-log can have '{}'", type.name), true});
    if (!output::EveLog::has_type(type.name)) unwritten.push_back(type.name);
  }
  if (!unwritten.empty())
    problems.push_back(
        {fmt::format("outputs: eve-log: no events are written of {}", fmt::join(unwritten, ", "))});
  const output::EveLog read_for_its_complaints(entry);
}

}  // namespace

tl::expected<LogOutputs, std::string> LogOutputs::open(const Config& config, const std::string& log_dir) {
  if (!config.has("outputs")) {
    const Config built_in;
    return open(built_in, log_dir);
  }
  LogOutputs out;
  for (const Config::Item& item : config.items("outputs")) {
    if (!is_on(item)) continue;
    if (item.name == kFileStore) {
      auto store = open_store(config, item, log_dir);
      if (!store) return tl::unexpected(store.error());
      out.files = std::move(*store);
      continue;
    }
    if (item.name == kPacketLog) {
      auto packets = open_packet_log(config, item, log_dir);
      if (!packets) return tl::unexpected(packets.error());
      out.packets = std::move(*packets);
      continue;
    }
    const output::LogKind* const kind = output::find_log_kind(item.name);
    if (kind == nullptr) continue;
    if (out.logs.size() == output::kMaxLogs)
      return tl::unexpected(fmt::format("outputs: more than {} logs", output::kMaxLogs));
    auto log = open_log(config, item, *kind, log_dir, static_cast<unsigned>(out.logs.size()));
    if (!log) return tl::unexpected(log.error());
    out.logs.push_back(std::move(*log));
  }
  return out;
}

void LogOutputs::flush() const {
  for (const Open& open : logs) open.sink->flush();
  if (packets != nullptr) packets->files().flush();
}

void LogOutputs::close(std::vector<std::string>& errors) {
  for (Open& open : logs) {
    open.sink->flush();
    if (open.sink->lines_lost() != 0)
      errors.push_back(fmt::format("{}: {} lines not written: {}", open.path, open.sink->lines_lost(),
                                   open.sink->first_error()));
  }
  if (packets != nullptr) packets->close(errors);
}

std::vector<OutputProblem> check_outputs(const Config& config) {
  std::vector<OutputProblem> problems;
  std::map<std::string, int> outputs, types;
  std::vector<std::string> unsupported;
  for (const Config::Item& item : config.items("outputs")) {
    if (!is_on(item)) continue;
    if (++outputs[item.name] == 2 && (item.name == kFileStore || item.name == kPacketLog))
      problems.push_back({fmt::format("outputs: only one {} can be on", item.name), true});
    if (item.name == kFileStore) {
      if (auto settings = store_settings(config, item, "."); !settings)
        problems.push_back(unusable(config, item, settings.error()));
      continue;
    }
    if (item.name == kPacketLog) {
      if (auto settings = packet_settings(config, item, "."); !settings)
        problems.push_back(unusable(config, item, settings.error()));
      for (std::string& remark : output::packet_log_remarks(*item.settings))
        problems.push_back({std::move(remark)});
      continue;
    }
    if (item.name == "eve-log" && item.settings->flag("threaded", false))
      problems.push_back({"outputs: eve-log: threaded: one log with the lines of all workers is written"});
    const output::LogKind* const kind = output::find_log_kind(item.name);
    if (kind == nullptr) {
      unsupported.push_back(item.name);
      continue;
    }
    if (kind == &output::log_eve) check_types(config, item, types, problems);
    if (auto settings = sink_settings(config, item, *kind, "."); !settings)
      problems.push_back(unusable(config, item, settings.error()));
  }
  if (!unsupported.empty())
    problems.push_back(
        {fmt::format("outputs: not supported and left out: {}", fmt::join(unsupported, ", "))});
  return problems;
}

}  // namespace weir::engine
