#include "decoders/flow/sequence.h"

#include <algorithm>

namespace weir::flow {

void Sequence::observe(std::uint32_t number, std::uint32_t steps, bool known) {
  const std::uint32_t ahead = number - next_, behind = next_ - number;  // both wrap
  if (!is_known_ || ahead == 0) return expect(number, steps, known);
  if (ahead < kMostMissing) {
    miss(ahead);
    return expect(number, steps, known);
  }
  if (behind > kLatest || (may_restart_ && number == after_restart_)) {
    gaps_ = {};
    return expect(number, steps, known);
  }
  if (fill(number, steps)) return;
  may_restart_ = known;
  after_restart_ = number + steps;
}

void Sequence::miss(std::uint32_t count) {
  lost_ += count;
  gaps_[oldest_gap_] = {next_, count};
  oldest_gap_ = (oldest_gap_ + 1) % kGaps;
}

// Takes the steps out of the gap that they are missing from; what is left of it on both sides stays.
bool Sequence::fill(std::uint32_t number, std::uint32_t steps) {
  for (Gap& gap : gaps_) {
    const std::uint32_t before = number - gap.from;
    if (before >= gap.size) continue;
    const std::uint32_t filled = std::min(steps, gap.size - before), after = gap.size - before - filled;
    lost_ -= filled;
    gap.size = before;
    if (after == 0) return true;
    const Gap rest{number + filled, after};
    if (before == 0) {
      gap = rest;
    } else {
      gaps_[oldest_gap_] = rest;
      oldest_gap_ = (oldest_gap_ + 1) % kGaps;
    }
    return true;
  }
  return false;
}

}  // namespace weir::flow
