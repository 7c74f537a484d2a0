#include <cstdio>

#include <fmt/format.h>

#include "engine/cli/cli.h"

namespace weir::engine {

int run_config(const CliOptions& options) {
  const auto config = Config::load(options.config, options.settings);
  if (!config) {
    print_error(config.error().message);
    return kExitFailed;
  }
  for (const auto& [path, value] : config->all_values()) fmt::print("{} = {}\n", path, value);
  return kExitDone;
}

}  // namespace weir::engine
