// Wall-clock time in packet time's unit.
#pragma once

#include <chrono>

#include "decoders/types.h"

namespace weir {

inline TimeUs wall_clock() {
  using std::chrono::duration_cast, std::chrono::microseconds, std::chrono::system_clock;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace weir
