// How long things took, as a histogram in ticks: four classes for every power of two, so a bound is met
// within a quarter. Plain numbers of one thread; copies are summed elsewhere.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "engine/account/ticks.h"

namespace weir::engine {

struct LatencyTicks {
  static constexpr std::size_t kSubBits = 2, kClasses = 48U << kSubBits;  // up to 2^48 ticks: a day
  std::array<std::uint64_t, kClasses> counts{};
  std::uint64_t total = 0;
  Ticks sum = 0;

  void add(Ticks took) {
    ++counts[class_of(took)];
    ++total;
    sum += took;
  }
  LatencyTicks& operator+=(const LatencyTicks& other) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    total += other.total;
    sum += other.sum;
    return *this;
  }
  // The first value that belongs to the next class.
  static constexpr Ticks end_of(std::size_t c) {
    const std::size_t octave = c >> kSubBits, part = c & kSubMask;
    if (octave < kSubBits) return c + 1;  // the first classes hold one value each
    return ((Ticks{1} << kSubBits) + part + 1) << (octave - kSubBits);
  }
  static constexpr std::size_t class_of(Ticks took) {
    if (took < (Ticks{1} << kSubBits)) return static_cast<std::size_t>(took);
    const auto octave = static_cast<std::size_t>(std::bit_width(took)) - 1;
    const auto part = static_cast<std::size_t>(took >> (octave - kSubBits)) & kSubMask;
    const std::size_t c = (octave << kSubBits) + part;
    return c < kClasses ? c : kClasses - 1;
  }

 private:
  static constexpr std::size_t kSubMask = (std::size_t{1} << kSubBits) - 1;
};

}  // namespace weir::engine
