// Where several readers of the same frames stop when the run is interrupted: all at the same frame, or their flows would not
// fit together.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>

namespace weir::engine {

class CommonEnd {
 public:
  // interrupted: true: nothing more is to be read; null: never. It outlives this.
  CommonEnd(const std::atomic<bool>* interrupted, unsigned readers)
      : interrupted_(interrupted), frames_at_once_(readers > 1 ? kFramesAtOnce : 1) {}

  // A reader has read `frames` frames: how many may it have read before it asks again? No more than that: it is over.
  // Costs a lock, every kFramesAtOnce frames; a single reader asks before each frame.
  std::uint64_t may_read(std::uint64_t frames) {
    if (interrupted_ == nullptr) return std::numeric_limits<std::uint64_t>::max();
    const bool is_over = interrupted_->load(std::memory_order_relaxed);
    if (frames_at_once_ == 1) return is_over ? frames : frames + 1;
    const std::lock_guard lock(mutex_);
    if (is_over) last_ = std::min(last_, std::max(furthest_, frames));
    const std::uint64_t up_to = std::min(last_, frames + frames_at_once_);
    furthest_ = std::max(furthest_, up_to);
    return up_to;
  }

 private:
  static constexpr std::uint64_t kFramesAtOnce = 1024;
  const std::atomic<bool>* const interrupted_;
  const std::uint64_t frames_at_once_;
  std::mutex mutex_;
  std::uint64_t furthest_ = 0;  // that any reader may read
  std::uint64_t last_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace weir::engine
