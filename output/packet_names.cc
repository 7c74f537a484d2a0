#include "output/packet_names.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace weir::output {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kMaxOfOneName = 1'000'000;

std::string time_text(const PacketLogSettings& settings, TimeUs time) {
  const TimeUs shown = std::max<TimeUs>(time, 0);
  if (!settings.microseconds) return fmt::to_string(shown / 1'000'000);
  return fmt::format("{}.{:06}", shown / 1'000'000, shown % 1'000'000);
}

std::string pattern_of(const PacketLogSettings& settings) {
  return settings.filename.find("%t") == std::string::npos ? settings.filename + ".%t" : settings.filename;
}

bool is_there(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

std::string full(const PacketLogSettings& settings, const std::string& name) {
  return (fs::path(settings.folder) / name).string();
}

bool is_of_a_number(char c) {
  return (c >= '0' && c <= '9') || c == '.';
}

// Whether `name` is the pattern with numbers in place of its forms, and perhaps a number and ".lz4" behind it.
bool fits(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;
  const auto skip_number = [&] {
    const std::size_t begin = at;
    while (at < name.size() && is_of_a_number(name[at])) ++at;
    return at != begin;
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%') {
      // A number is followed by what the pattern has there: a dot can be of either.
      if (!skip_number()) return false;
      if (i + 2 < pattern.size() && pattern[i + 2] == '.' && name[at - 1] == '.') --at;
      ++i;
      continue;
    }
    if (at == name.size() || name[at++] != pattern[i]) return false;
  }
  (void)skip_number();
  return at == name.size() || name.substr(at) == ".lz4" || name.substr(at) == "lz4";
}

}  // namespace

std::string packet_file_name(const PacketLogSettings& settings, TimeUs first, std::string_view before) {
  std::string name;
  const std::string pattern = pattern_of(settings);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      name += pattern[i];
      continue;
    }
    switch (pattern[++i]) {
      case 'n': name += '1'; break;
      case 'i': name += fmt::to_string(::getpid()); break;
      default: name += time_text(settings, first);
    }
  }
  const std::string_view suffix = settings.lz4 ? ".lz4" : "";
  std::string path = full(settings, name + std::string(suffix));
  for (unsigned i = 1; i < kMaxOfOneName && (path == before || is_there(path)); ++i)
    path = full(settings, fmt::format("{}.{}{}", name, i, suffix));
  return path;
}

std::deque<std::string> earlier_packet_files(const PacketLogSettings& settings) {
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  const fs::path pattern = full(settings, pattern_of(settings));
  std::error_code error;
  for (fs::directory_iterator it(pattern.parent_path(), error), end; !error && it != end;
       it.increment(error)) {
    std::error_code of_file;
    if (!it->is_regular_file(of_file) || it->is_symlink(of_file)) continue;
    if (fits(pattern.filename().string(), it->path().filename().string()))
      found.emplace_back(it->last_write_time(of_file), it->path().string());
  }
  std::sort(found.begin(), found.end());
  std::deque<std::string> out;
  for (auto& [time, path] : found) out.push_back(std::move(path));
  return out;
}

}  // namespace weir::output
