#include "engine/cli/progress.h"

#include <cstdio>

#include <fmt/format.h>

#include "engine/query/human_text.h"

namespace weir::engine {

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
