// The cheapest clock of the machine, for durations of a step or a check. Its unit is found out by comparison with a
// real clock over the whole run (TickRate); shares need none.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

namespace weir::engine {

using Ticks = std::uint64_t;

inline Ticks ticks_now() {
#if defined(__x86_64__) || defined(__i386__)
  return __rdtsc();
#else
  return static_cast<Ticks>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

// Clocks of two cores may differ a little: time never goes backwards here.
inline Ticks ticks_between(Ticks from, Ticks to) { return to > from ? to - from : 0; }

// What asking the clock costs, to be taken off each duration: the least of some tries.
inline Ticks ticks_overhead() {
  constexpr int kTries = 64;
  Ticks least = ~Ticks{0};
  for (int i = 0; i < kTries; ++i) {
    const Ticks from = ticks_now();
    const Ticks took = ticks_between(from, ticks_now());
    if (took < least) least = took;
  }
  return least;
}

// Of things numbered from 1: the first, second, fourth ... and from `every` on each multiple of it. A few early ones, so
// that there is something to show for a short run.
constexpr bool is_sampled(std::uint64_t number, std::uint64_t every) {
  return number < every ? std::has_single_bit(number) : number % every == 0;
}

// Length of a tick, as measured since the object was made.
class TickRate {
 public:
  [[nodiscard]] double nanoseconds_per_tick() const {
    const Ticks ticks = ticks_between(ticks_, ticks_now());
    const std::chrono::duration<double, std::nano> time = Clock::now() - time_;
    return ticks == 0 ? 0 : time.count() / static_cast<double>(ticks);
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point time_ = Clock::now();
  Ticks ticks_ = ticks_now();
};

}  // namespace weir::engine
