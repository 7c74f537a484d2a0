// YAML text to a configuration tree.
//
// Config files are trusted less than they seem to be (they come out of templates and of package managers): nesting,
// nodes, keys of a map, the size of a file and includes are bounded, and aliases count as what they stand for.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "engine/config/config.h"
#include "engine/config/config_node.h"

namespace weir::engine {

inline constexpr std::size_t kMaxConfigFileBytes = std::size_t{8} << 20U;
inline constexpr unsigned kMaxIncludeDepth = 16;

// Reads a file and everything that it includes into `root`, which becomes a map; what stands later replaces what stood
// before under the same key. "include: FILE" (or a list of files) in any map puts the keys of those files there, and
// the value "!include FILE" is what the file holds, keys or a list. Relative names start at the folder of the file that
// includes. `files`, when there, gets the path of each file that was read, `path` first.
tl::expected<void, ConfigError> read_yaml_file(const std::string& path, ConfigNode& root,
                                               std::vector<std::string>* files = nullptr);
// The same from text; `name` is what errors call it, `directory` where relative includes start.
tl::expected<void, ConfigError> read_yaml_text(std::string_view text, const std::string& name,
                                               const std::string& directory, ConfigNode& root);

}  // namespace weir::engine
