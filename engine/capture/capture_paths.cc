#include "engine/capture/capture_paths.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "decoders/text.h"
#include "engine/capture/capture_socket.h"

namespace weir::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kCaptureExtensions{".pcap", ".pcapng", ".cap",
                                                             ".dmp",  ".dump",   ".ntar"};
constexpr std::array<std::string_view, 4> kPackedExtensions{".gz", ".lz4", ".zst", ".zstd"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// ".1760000000": the time or number that a log of packets puts behind its files' names.
bool is_number(const std::string& extension) {
  return extension.size() > 1 && extension.find_first_not_of("0123456789", 1) == std::string::npos;
}

std::string lower_extension(const fs::path& path) {
  return lower_case(path.extension().string());
}

std::uint64_t size_of(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::is_regular_file(path, error) ? fs::file_size(path, error) : 0;
  return error ? 0 : size;
}

// One folder's files, then sorted as a whole: "a/x" and "a-b" are ordered by their parts, as a person walks
// folders.
std::string add_folder(const fs::path& folder, std::vector<CapturePath>& out) {
  std::error_code error;
  std::vector<fs::path> found;
  fs::recursive_directory_iterator it(folder, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    std::error_code gone;  // files that vanish or links to nowhere are passed over
    if (it->is_regular_file(gone)) found.push_back(it->path());
  }
  if (error) return folder.string() + ": " + error.message();
  std::sort(found.begin(), found.end());  // fs::path compares part by part
  for (const fs::path& path : found) out.push_back({path.string(), false, size_of(path)});
  return {};
}

}  // namespace

bool has_capture_name(const std::string& path) {
  fs::path name(path);
  if (contains(kPackedExtensions, lower_extension(name))) name.replace_extension();
  while (is_number(name.extension().string())) name.replace_extension();
  return contains(kCaptureExtensions, lower_extension(name));
}

tl::expected<std::vector<CapturePath>, std::string> expand_capture_paths(
    const std::vector<std::string>& paths) {
  std::vector<CapturePath> out;
  for (const std::string& path : paths) {
    if (path == "-" || is_capture_socket(path)) {
      out.push_back({path, true, 0});
      continue;
    }
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status))
      return tl::unexpected(path + ": " + (error ? error.message() : "No such file or directory"));
    if (!fs::is_directory(status)) {
      out.push_back({path, true, size_of(path)});
      continue;
    }
    if (const std::string failure = add_folder(path, out); !failure.empty()) return tl::unexpected(failure);
  }
  return out;
}

}  // namespace weir::engine
