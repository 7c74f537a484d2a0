// Conditions on a buffer as a whole that other code wants to know about.
#pragma once

#include "rules/language/uint_match.h"
#include "rules/match/check.h"

namespace weir::rules {

// bsize. A body that is still growing matches only what further bytes cannot undo.
class BufferSizeCheck final : public BufferCheck {
 public:
  explicit BufferSizeCheck(UintMatch size) : size_(size) {}
  [[nodiscard]] bool matches(const BufferFacts& f) const override {
    const std::uint64_t n = f.offset + f.data.size();
    return f.complete ? size_.matches(n) : size_.holds_for_all_above(n);
  }
  [[nodiscard]] std::uint64_t least() const { return size_.bounds().first; }
  [[nodiscard]] std::uint64_t most() const { return size_.bounds().second; }

 private:
  UintMatch size_;
};

}  // namespace weir::rules
