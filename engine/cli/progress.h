// The progress line of a long scan: bytes, rate, time left; on a terminal only, rewritten in place.
#pragma once

#include <chrono>
#include <string>

#include "engine/offline/run.h"

namespace weir::engine {

class ProgressLine {
 public:
  // Nothing is shown before the run has taken this long.
  static constexpr std::chrono::milliseconds kQuietStart{700};

  void show(const RunProgress& progress);
  // Takes the line off the terminal.
  void clear();
  // What show() prints after `seconds`.
  static std::string text(const RunProgress& progress, double seconds);

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool shown_ = false;
};

}  // namespace weir::engine
