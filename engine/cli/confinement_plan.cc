#include "engine/cli/confinement_plan.h"

#include <filesystem>

#include "engine/capture/capture_paths.h"
#include "engine/capture/capture_socket.h"
#include "engine/cli/clickhouse_sink.h"
#include "engine/cli/flow_exports.h"

namespace weir::engine {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> captures_read(const std::vector<std::string>& captures) {
  std::vector<std::string> out;
  std::error_code error;
  for (const std::string& path : captures) {
    if (is_capture_socket(path)) continue;
    out.push_back(path);
    if (!fs::is_directory(path, error)) continue;
    // What links in a folder lead to is read as well.
    if (const auto found = expand_capture_paths({path}))
      for (const CapturePath& file : *found)
        if (fs::is_symlink(file.path, error)) out.push_back(file.path);
  }
  return out;
}

// Settings that are wrong are told of by who opens what they name.
void add_exports(const CliOptions& options, const Config& config, ConfinementPlan& plan) {
  const auto settings = export_settings(options, config);
  if (!settings) return;
  for (const output::ExportSettings& collector : settings->collectors) {
    if (collector.target.transport == output::ExportTarget::Transport::file) {
      plan.export_files.push_back(collector.target.path);
      if (collector.rotates()) plan.rotated_files.push_back(collector.target.path);
    }
    if (collector.target.is_stream()) plan.connect_ports.push_back(collector.target.port);
  }
}

}  // namespace

void add_clickhouse(const Config& config, ConfinementPlan& plan) {
  const auto settings = clickhouse_settings(config);
  if (!settings || !*settings) return;
  const output::clickhouse::InserterSettings& inserter = (*settings)->inserter;
  plan.connect_ports.push_back(inserter.server.port);
  plan.makes_connections = true;
  if (!inserter.buffer_folder.empty()) plan.folders.push_back(inserter.buffer_folder);
}

ConfinementPlan confinement_plan(const CliOptions& options, const Config& config) {
  RulePaths rules = rule_paths(config, options.rules);
  ConfinementPlan plan{
      .user = options.user,
      .group = options.group,
      .log_dir = options.log_dir,
      .own_log_dir = options.own_log_dir,
      .cache_dir = cache_dir(config, options),
      .rule_files = std::move(rules.files),
      .data_dir = std::move(rules.data_dir),
      .data_files = std::move(rules.written),
      .folders = output::record_folders(record_settings(options, config)),
      .captures = captures_read(options.captures),
      .libpcap = options.portable_capture || config.text("weir.capture").value_or("") == "pcap",
      .watched = is_watched(options)};
  add_exports(options, config, plan);
  add_clickhouse(config, plan);
  return plan;
}

}  // namespace weir::engine
