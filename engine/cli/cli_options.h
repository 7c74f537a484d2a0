// The options of the sub-commands, as Boost.Program_options sees them.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/cli/cli.h"

namespace weir::engine {

struct ParsedOptions {
  CliOptions options;
  bool help = false;
};

// Fails with a text that says what is wrong with the call, and with what may have been meant.
tl::expected<ParsedOptions, std::string> parse_options(const Command& command,
                                                       const std::vector<std::string>& arguments);

// All options of the command by group, for --help.
std::string describe_options(const Command& command);

}  // namespace weir::engine
