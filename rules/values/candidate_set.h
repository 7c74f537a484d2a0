// The rules that a prefilter found to be possible.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace weir::rules {

using RuleId = std::uint32_t;  // index into the program's rules: the order in which they are evaluated

// Rules that a scan found to be possible, each once. Reused from run to run.
class CandidateSet {
 public:
  explicit CandidateSet(std::size_t rules) : stamp_(rules, 0) { list_.reserve(rules); }
  void clear() {
    list_.clear();
    if (++epoch_ == 0) {  // wrapped: stamps of old epochs must not look current
      std::fill(stamp_.begin(), stamp_.end(), 0);
      epoch_ = 1;
    }
  }
  // Asks for no memory, as it is called out of scans.
  void add(RuleId id) {
    if (stamp_[id] == epoch_) return;
    stamp_[id] = epoch_;
    list_.push_back(id);
  }
  [[nodiscard]] bool empty() const { return list_.empty(); }
  // In order of evaluation.
  const std::vector<RuleId>& sorted() {
    if (list_.size() > 1) std::sort(list_.begin(), list_.end());
    return list_;
  }

 private:
  std::vector<RuleId> list_;
  std::vector<std::uint32_t> stamp_;
  std::uint32_t epoch_ = 1;
};

// Where in the stream or buffer a rule's pattern may end: first <= end <= last.
struct PatternBounds {
  std::uint32_t first = 0, last = UINT32_MAX;
  // Literals of this length may end wherever they can.
  [[nodiscard]] constexpr bool anywhere(std::size_t length) const {
    return first <= length && last == UINT32_MAX;
  }
};

}  // namespace weir::rules
