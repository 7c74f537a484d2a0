// The configuration of a run without a file.
#pragma once

#include <string_view>

namespace weir::engine {

// YAML text.
std::string_view default_config();

}  // namespace weir::engine
