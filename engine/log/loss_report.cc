#include "engine/log/loss_report.h"

#include <cstdio>

#include <fmt/format.h>

namespace weir::engine {

using output::Loss;

std::string_view loss_reason(Loss loss, std::string_view sink_error) {
  if (loss == Loss::queue_full) return "the log queue was full";
  if (loss == Loss::shutdown) return "the run ended before they were written";
  return sink_error.empty() ? output::loss_name(loss) : sink_error;
}

void LossReport::say(std::string_view text) const {
  if (settings_.say) return settings_.say(text);
  fmt::print(stderr, "weir: warning: {}\n", text);
}

void LossReport::update(const LogState& now, std::chrono::steady_clock::time_point time) {
  if (time < next_) return;
  bool any = false;
  std::string_view error = now.last_error;
  if (error.starts_with(name_ + ": ")) error.remove_prefix(name_.size() + 2);
  for (std::size_t i = 0; i < output::kLossCount; ++i) {
    const std::uint64_t lost = now.losses[i] - told_[i];
    if (lost == 0) continue;
    any = true;
    say(fmt::format("{}: {} lines lost: {}", name_, lost, loss_reason(static_cast<Loss>(i), error)));
  }
  if (!any && now.last_error != told_error_) {  // of a file that cannot be opened again
    any = true;
    say(fmt::format("{}: {}", name_, error));
  }
  if (!any && losing_ && now.written != written_) say(fmt::format("{}: lines are written again", name_));
  if (!any && (!losing_ || now.written == written_)) return;
  losing_ = any;
  told_ = now.losses;
  told_error_ = now.last_error;
  written_ = now.written;
  next_ = time + settings_.every;
}

}  // namespace weir::engine
