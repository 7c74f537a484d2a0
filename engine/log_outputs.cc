#include "engine/log_outputs.h"

#include <filesystem>

#include <fmt/format.h>

#include "engine/config.h"

namespace weir::engine {
namespace {

tl::expected<LogOutputs::Eve, std::string> open_eve(const Config& config, const Config::Item& item,
                                                    const std::string& log_dir, unsigned number) {
  std::vector<output::EveLog::TypeEntry> types;
  for (const Config::Item& type : config.items(item.path + ".types"))
    types.push_back({type.name, type.settings});
  LogOutputs::Eve out;
  out.log = std::make_unique<output::EveLog>(*item.settings, types, number);
  out.path = (std::filesystem::path(log_dir) / item.settings->text("filename").value_or("eve.json")).string();
  auto sink = output::open_file_sink(out.path, item.settings->flag("append", true));
  if (!sink) return tl::unexpected(sink.error());
  out.sink = std::move(*sink);
  return out;
}

}  // namespace

tl::expected<LogOutputs, std::string> LogOutputs::open(const Config& config, const std::string& log_dir) {
  LogOutputs out;
  for (const Config::Item& item : config.items("outputs")) {
    if (item.name != "eve-log" || !item.settings->flag("enabled", false)) continue;
    if (out.eve.size() == output::kMaxEveLogs)
      return tl::unexpected(fmt::format("outputs: more than {} eve-log entries", output::kMaxEveLogs));
    auto eve = open_eve(config, item, log_dir, static_cast<unsigned>(out.eve.size()));
    if (!eve) return tl::unexpected(eve.error());
    out.eve.push_back(std::move(*eve));
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

}  // namespace weir::engine
