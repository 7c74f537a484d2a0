// State that is kept in a file and written anew as a whole.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

namespace weir {

// Writes `text` under another name beside `path`, to the disk, and renames it: whatever happens, the old file is there or the new
// one. No link is followed, and the file gets `mode`. Empty: it is done; else what the system said, and the old file stays.
std::string replace_file(const std::string& path, std::string_view text, mode_t mode);

}  // namespace weir
