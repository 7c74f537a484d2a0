#include "engine/cli/flow_exports.h"

#include <net/if.h>

#include <cstdio>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/flow/meter_settings.h"
#include "engine/live/sources/interface_settings.h"

namespace weir::engine {
namespace {

// Those that a live run captures from, by its rules (cmd_live.cc).
std::vector<std::string> captured_interfaces(const CliOptions& options, const Config& config) {
  const bool is_elsewhere =
      !options.captures.empty() || !options.listeners.empty() || !options.queues.empty();
  return options.interfaces.empty() && !is_elsewhere ? configured_interfaces(config) : options.interfaces;
}

output::SamplingMethod sampling_method(const Config& config) {
  using Sampling = MeterSettings::Sampling;
  const auto sample = MeterSettings::parse_sample(config.text("weir.flows.sample").value_or(""));
  if (!sample) return output::SamplingMethod::systematic;
  switch (sample->how) {
    case Sampling::random: return output::SamplingMethod::random;
    case Sampling::flow: return output::SamplingMethod::flows;
    default: return output::SamplingMethod::systematic;
  }
}

}  // namespace

tl::expected<output::FlowExportSettings, std::string> export_settings(const CliOptions& options,
                                                                      const Config& config) {
  auto settings = output::FlowExportSettings::from(config.sub("weir.flows.export"), options.flow_exports,
                                                   options.flow_format);
  if (!settings) return settings;
  for (output::ExportSettings& collector : settings->collectors) collector.sampling = sampling_method(config);
  for (const std::string& interface : captured_interfaces(options, config))
    if (const unsigned number = ::if_nametoindex(interface.c_str()); number != 0)
      settings->interfaces.push_back({number, interface});
  return settings;
}

tl::expected<std::shared_ptr<output::RecordOutput>, std::string> open_exports(
    const output::FlowExportSettings& settings, output::FlowExport::Time time) {
  if (settings.collectors.empty()) return nullptr;
  auto opened = output::FlowExport::open(settings, time);
  if (!opened) return tl::unexpected(opened.error());
  return std::shared_ptr<output::RecordOutput>(std::move(*opened));
}

}  // namespace weir::engine
