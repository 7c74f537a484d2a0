// --flow-export and --flow-format, and what the configuration says of them.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "engine/cli/cli.h"
#include "output/flow/export/flow_export.h"

namespace weir::engine {

// Without collectors nothing is exported. Fails with a text that names the option or key.
tl::expected<output::FlowExportSettings, std::string> export_settings(const CliOptions& options,
                                                                      const Config& config);

// Opens what the settings name, which a run that is confined can no longer do; null when nothing is exported.
tl::expected<std::shared_ptr<output::RecordOutput>, std::string> open_exports(
    const output::FlowExportSettings& settings, output::FlowExport::Time time);

}  // namespace weir::engine
