// Text files that rules come from, read whole.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace weir::rules {

// Fails with a reason ("cannot be opened: No such file or directory"); a folder and a file over `limit` bytes are
// refused. Pipes can be read.
tl::expected<std::string, std::string> read_text_file(const std::string& path, std::size_t limit);

// The files that a path or glob names, in name order; empty when there is none.
std::vector<std::string> expand_glob(const std::string& pattern);

}  // namespace weir::rules
