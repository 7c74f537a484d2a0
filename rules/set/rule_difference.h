// What a reload changed: rules by gid and sid.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "rules/set/rule_set.h"

namespace weir::rules {

struct RuleKey {
  std::uint32_t gid = 1, sid = 0;
  auto operator<=>(const RuleKey&) const = default;
};

// Each list in ascending order.
struct RuleDifference {
  std::vector<RuleKey> added, removed;
  std::vector<RuleKey> changed;  // another revision or text
};

RuleDifference difference(const RuleSet& before, const RuleSet& after);

}  // namespace weir::rules
