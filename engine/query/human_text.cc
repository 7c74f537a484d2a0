#include "engine/query/human_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace weir::engine {

std::string human_bytes(double bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; bytes >= 999.5 && unit + 1 < kUnits.size(); ++unit) bytes /= 1000;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 || bytes >= 99.95 ? 0 : 1, kUnits[unit]);
}

std::string human_time(double seconds) {
  const auto s = static_cast<std::uint64_t>(seconds < 0 ? 0 : seconds + 0.5);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
}

std::string human_span(TimeUs us) {
  constexpr TimeUs kMillisecond = 1000, kSecond = 1'000'000;
  us = std::max<TimeUs>(us, 0);
  if (us < kMillisecond) return fmt::format("{}us", us);
  if (us < kSecond) return fmt::format("{}ms", us / kMillisecond);
  const TimeUs seconds = us / kSecond;
  if (seconds < 10) return fmt::format("{}.{}s", seconds, us / (kSecond / 10) % 10);
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m{}s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{}h{}m", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{}d{}h", seconds / 86400, seconds / 3600 % 24);
}

std::string human_ratio(double ratio) {
  const double percent = 100 * ratio;
  if (percent > 0 && percent < 0.05) return "< 0.1 %";
  if (percent < 100 && percent >= 99.95) return "> 99.9 %";
  const bool is_whole = percent == 0 || (percent >= 9.95 && percent < 99.5) || percent >= 100;
  return fmt::format("{:.{}f} %", percent, is_whole ? 0 : 1);
}

}  // namespace weir::engine
