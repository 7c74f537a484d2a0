// What every kind of run is told of checksums, and what it gives when it is over.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/account/stats.h"

namespace weir::engine {

enum class ChecksumMode : std::uint8_t { automatic, all, none };  // -k

struct RunSummary {
  Counters counters;
  std::uint64_t packets = 0, bytes = 0, flows = 0, alerts = 0;
  double seconds = 0;
  bool threads_left = false;  // some could not be ended (live): the process must end without waiting for them
  std::vector<std::string> errors;  // broken files, lines that could not be written; any: exit status 1
};

}  // namespace weir::engine
