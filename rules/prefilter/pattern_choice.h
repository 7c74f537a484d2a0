// Which literal of a rule the prefilter searches for: the one that is rarest in real traffic.
#pragma once

#include <optional>
#include <vector>

#include "rules/compile/signature.h"
#include "rules/prefilter/pattern_set.h"

namespace weir::rules {

struct ChosenPattern {
  Bytes bytes;  // points into the content
  bool nocase = false;
  PatternBounds bounds;
  double score = 0;       // higher is rarer: about the bits of information in it
  bool by_author = false; // the rule says fast_pattern
};

// The best positive content of a chain; none when it has none.
std::optional<ChosenPattern> choose_pattern(const BufferChain& chain);

// The best of those that can only stand near the start, so that finding it needs no scan; none when they are too common.
std::optional<ChosenPattern> choose_head_pattern(const BufferChain& chain);

// Whether `a` is the better of two.
bool better(const ChosenPattern& a, const ChosenPattern& b);

}  // namespace weir::rules
