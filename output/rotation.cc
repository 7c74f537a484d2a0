#include "output/rotation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace weir::output {
namespace {

namespace fs = std::filesystem;

constexpr std::time_t kMinute = 60, kHour = 3600, kDay = 86400, kWeek = 7 * kDay;
constexpr std::time_t kLongestInterval = 520 * kWeek;
constexpr std::string_view kSuffixFormat = "%Y%m%d-%H%M%S";
constexpr std::size_t kSuffixLength = 15;

std::time_t unit_seconds(char unit) {
  switch (unit) {
    case 's': return 1;
    case 'm': return kMinute;
    case 'h': return kHour;
    case 'd': return kDay;
    case 'w': return kWeek;
    default: return 0;
  }
}

std::time_t next_midnight(std::time_t now) {
  std::tm local{};
  ::localtime_r(&now, &local);
  local.tm_mday += 1;
  local.tm_hour = local.tm_min = local.tm_sec = 0;
  local.tm_isdst = -1;
  const std::time_t next = std::mktime(&local);
  return next > now ? next : now + kDay;
}

// ".20260701-120000", and what has been added with another dot.
bool is_rotation_suffix(std::string_view text) {
  if (!text.starts_with('.') || text.size() < 1 + kSuffixLength) return false;
  for (std::size_t i = 0; i < kSuffixLength; ++i) {
    const char c = text[1 + i];
    if (i == 8 ? c != '-' : c < '0' || c > '9') return false;
  }
  return text.size() == 1 + kSuffixLength || text[1 + kSuffixLength] == '.';
}

bool is_compression_suffix(std::string_view text) {
  constexpr std::array<std::string_view, 4> kSuffixes{".gz", ".bz2", ".xz", ".zst"};
  return std::find(kSuffixes.begin(), kSuffixes.end(), text) != kSuffixes.end();
}

// Whether `name` is what a file of this log has been called (without folders).
bool belongs_to(const std::string& pattern, const std::string& name) {
  std::string_view rest = name;
  if (has_time(pattern)) {
    std::tm unused{};
    const char* end = ::strptime(name.c_str(), pattern.c_str(), &unused);
    if (end == nullptr) return false;
    rest.remove_prefix(static_cast<std::size_t>(end - name.c_str()));
    return rest.empty() || is_rotation_suffix(rest) || is_compression_suffix(rest);
  }
  if (!rest.starts_with(pattern)) return false;
  rest.remove_prefix(pattern.size());
  return is_rotation_suffix(rest);
}

}  // namespace

tl::expected<RotationInterval, std::string> RotationInterval::parse(std::string_view text) {
  if (text == "minute") return RotationInterval{Kind::minute, kMinute};
  if (text == "hour") return RotationInterval{Kind::hour, kHour};
  if (text == "day") return RotationInterval{Kind::day, kDay};
  std::time_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool one_left = end == text.data() + text.size() - 1;
  const std::time_t unit = error == std::errc{} && one_left ? unit_seconds(*end) : 0;
  if (unit == 0 || count <= 0 || count > kLongestInterval / unit)
    return tl::unexpected(
        fmt::format("rotate-interval '{}': expected minute, hour, day, or a number with "
                    "s, m, h, d or w",
                    text));
  return RotationInterval{Kind::every, count * unit};
}

std::time_t RotationInterval::next(std::time_t now) const {
  std::tm local{};
  switch (kind) {
    case Kind::never: return std::numeric_limits<std::time_t>::max();
    case Kind::every: return now + seconds;
    case Kind::minute: ::localtime_r(&now, &local); return now + kMinute - std::min(local.tm_sec, 59);
    case Kind::hour:
      ::localtime_r(&now, &local);
      return now + kHour - local.tm_min * kMinute - std::min(local.tm_sec, 59);
    case Kind::day: return next_midnight(now);
  }
  return now;
}

bool has_time(std::string_view name) {
  return name.find('%') != std::string_view::npos;
}

std::string log_name(const std::string& pattern, std::time_t now) {
  if (!has_time(pattern)) return pattern;
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, kLongestLogName + 1> name{};
  const std::size_t length = std::strftime(name.data(), name.size(), pattern.c_str(), &local);
  return length == 0 ? pattern : std::string(name.data(), length);
}

std::string rotated_name(const std::string& path, std::time_t now, unsigned number) {
  std::string name = path + "." + log_name(std::string(kSuffixFormat), now);
  if (number != 0) name += fmt::format(".{}", number);
  return name;
}

std::vector<std::string> earlier_files(const std::string& pattern, const std::string& current) {
  const fs::path path(pattern);
  const std::string folder = path.parent_path().string(), name = path.filename().string();
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  if (has_time(folder)) return {};
  std::error_code error;
  for (fs::directory_iterator at(folder.empty() ? "." : folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code unreadable;
    if (!belongs_to(name, at->path().filename().string()) ||
        at->symlink_status(unreadable).type() != fs::file_type::regular)
      continue;
    const fs::path file = fs::path(folder) / at->path().filename();
    if (file != current) found.emplace_back(at->last_write_time(unreadable), file.string());
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> files;
  for (auto& [time, file] : found) files.push_back(std::move(file));
  return files;
}

}  // namespace weir::output
