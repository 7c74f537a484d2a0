// Whether all workers still come round their loops.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weir::engine {

// For the thread that watches; workers only count.
class ProgressWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // `beats`: what each worker has counted so far, in the same order every time. A worker that has not counted
  // on for longer than `limit` is stuck, or gone.
  bool all_move(std::span<const std::uint64_t> beats, Clock::time_point now,
                std::chrono::microseconds limit) {
    seen_.resize(beats.size(), Seen{0, now});
    bool all = true;
    for (std::size_t i = 0; i < beats.size(); ++i) {
      if (beats[i] != seen_[i].beats) seen_[i] = {beats[i], now};
      all = all && now - seen_[i].when <= limit;
    }
    return all;
  }
  // Of the last call: whether this one has not counted on for longer than `limit`.
  [[nodiscard]] bool is_stuck(std::size_t worker, Clock::time_point now,
                              std::chrono::microseconds limit) const {
    return now - seen_[worker].when > limit;
  }
  // Its time, or that of all, starts anew.
  void forgive(std::size_t worker, Clock::time_point now) { seen_[worker].when = now; }
  void forgive_all(Clock::time_point now) {
    for (Seen& seen : seen_) seen.when = now;
  }

 private:
  struct Seen {
    std::uint64_t beats;
    Clock::time_point when;  // of the last change
  };
  std::vector<Seen> seen_;
};

}  // namespace weir::engine
