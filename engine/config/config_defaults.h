// The configuration of a run without a file.
#pragma once

#include <span>
#include <string_view>

namespace weir::engine {

// YAML text.
std::string_view default_config();

// Keys that may stand at the top of a suricata.yaml of version 8, and our own.
std::span<const std::string_view> known_top_level_keys();

}  // namespace weir::engine
