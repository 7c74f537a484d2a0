#include "engine/cli/flow_exports.h"

#include <net/if.h>

#include <utility>

namespace weir::engine {

tl::expected<output::FlowExportSettings, std::string> export_settings(const CliOptions& options,
                                                                      const Config& config) {
  auto settings = output::FlowExportSettings::from(config.sub("weir.flows.export"), options.flow_exports,
                                                   options.flow_format);
  if (!settings) return settings;
  for (const std::string& interface : options.interfaces)
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
