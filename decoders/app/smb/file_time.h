// Times of Windows.
#pragma once

#include <cstdint>

namespace weir::smb {

// FILETIME counts 100 ns since 1601. What is before 1970 becomes 0.
constexpr std::uint64_t unix_seconds(std::uint64_t file_time) {
  constexpr std::uint64_t kTicks = 10'000'000, kSecondsTo1970 = 11'644'473'600;
  const std::uint64_t seconds = file_time / kTicks;
  return seconds < kSecondsTo1970 ? 0 : seconds - kSecondsTo1970;
}

}  // namespace weir::smb
