// What each rule costs: how often it was looked at in full (the prefilters let it through), how often it matched, and
// an estimate of the time that took. For `weir detect --rule-profile`.
//
// One a worker, touched by it alone; add() sums them when the run is over. A check is counted always and timed seldom:
// its first, second, fourth ... and from the 64th on every 64th, so that a rule that is looked at only once has a time
// as well. Nothing is allocated after construction.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/account/ticks.h"
#include "rules/set/rule_set.h"

namespace weir::engine {

class RuleProfile {
 public:
  struct Cost {
    std::uint64_t checks = 0, matches = 0;
    std::uint64_t timed = 0;  // checks whose time is in `ticks`
    Ticks ticks = 0, longest = 0;
    // Of all checks, from the timed ones. The longest one is left out when there are others: it holds the cold caches
    // of the first check, or a pause that the system took in the middle.
    [[nodiscard]] double estimate() const;
  };

  RuleProfile() = default;
  explicit RuleProfile(std::size_t rules) : costs_(rules), overhead_(ticks_overhead()) {}
  void add(const RuleProfile& other);  // of the same rules
  void count_match(std::uint32_t rule) { ++costs_[rule].matches; }
  [[nodiscard]] const std::vector<Cost>& costs() const { return costs_; }  // by RuleId

 private:
  friend class RuleCheckScope;
  static constexpr std::uint64_t kTimeEvery = 64;

  std::vector<Cost> costs_;
  Ticks overhead_ = 0;
};

// Around one check of one rule. Without a profile (null) it does nothing.
class RuleCheckScope {
 public:
  RuleCheckScope(RuleProfile* profile, std::uint32_t rule) {
    if (profile == nullptr) return;
    RuleProfile::Cost& cost = profile->costs_[rule];
    if (!is_sampled(++cost.checks, RuleProfile::kTimeEvery)) return;
    cost_ = &cost;
    begin_ = ticks_now() + profile->overhead_;
  }
  ~RuleCheckScope() {
    if (cost_ == nullptr) return;
    const Ticks took = ticks_between(begin_, ticks_now());
    ++cost_->timed;
    cost_->ticks += took;
    cost_->longest = std::max(cost_->longest, took);
  }
  RuleCheckScope(const RuleCheckScope&) = delete;
  RuleCheckScope& operator=(const RuleCheckScope&) = delete;

 private:
  RuleProfile::Cost* cost_ = nullptr;
  Ticks begin_ = 0;
};

// A JSON array, one rule a line, most expensive first: sid, gid, rev, msg, checks, matches, time_us (all checks), avg_us
// (one check). Rules that were never looked at are left out.
std::string rule_profile_json(const RuleProfile& profile, const rules::RuleSet& rules, double nanoseconds_per_tick);

}  // namespace weir::engine
