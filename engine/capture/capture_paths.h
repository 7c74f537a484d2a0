// Which files a list of paths means.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace weir::engine {

struct CapturePath {
  std::string path;         // "-" for standard input
  bool named = false;       // given by name, not found in a folder
  std::uint64_t bytes = 0;  // size as stored; 0 when not known
};

// Files and "-" stand for themselves, folders for all regular files under them in name order (depth first;
// links to folders are not followed). Fails with "PATH: reason" when one does not exist or a folder cannot be
// read.
tl::expected<std::vector<CapturePath>, std::string> expand_capture_paths(
    const std::vector<std::string>& paths);

// True for names that say "capture": .pcap, .pcapng, .cap and the like, also with .gz or .zst behind.
bool has_capture_name(const std::string& path);

}  // namespace weir::engine
