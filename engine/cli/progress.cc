#include "engine/cli/progress.h"

#include <array>
#include <cstdio>

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

std::string ProgressLine::text(const RunProgress& p, double seconds) {
  const auto done = static_cast<double>(p.bytes_done), total = static_cast<double>(p.bytes_total);
  const double rate = seconds > 0 ? done / seconds : 0;
  if (p.bytes_total == 0 || rate <= 0) return fmt::format("{}, {}/s", human_bytes(done), human_bytes(rate));
  return fmt::format("{} of {} ({:.0f} %), {}/s, {} left", human_bytes(done), human_bytes(total),
                     100 * done / total, human_bytes(rate), human_time((total - done) / rate));
}

void ProgressLine::show(const RunProgress& progress) {
  const auto passed = std::chrono::steady_clock::now() - start_;
  if (passed < kQuietStart) return;
  const double seconds = std::chrono::duration<double>(passed).count();
  fmt::print(stderr, "\r\033[K{}", text(progress, seconds));
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::clear() {
  if (shown_) fmt::print(stderr, "\r\033[K");
  shown_ = false;
}

}  // namespace weir::engine
