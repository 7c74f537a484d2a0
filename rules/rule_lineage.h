// How the rules of one rule set relate to those of the sets that it replaced while a run goes on.
//
// A rule is the same rule as before when gid, sid, rev and text are. What the engine remembers by RuleId
// (rules that wait for more of a transaction, rules that have alerted on it) is then carried over to the new
// numbers, and what is looked at once a flow is looked at again only for rules that the flow has not seen.
// Immutable once the set is built; shared by all workers.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace weir::rules {

struct CompiledRule;
using RuleId = std::uint32_t;

class RuleLineage {
 public:
  // Of the first set of a run.
  explicit RuleLineage(std::span<const CompiledRule> rules) : since_(rules.size(), 1) {}
  // Of the set that follows one with these rules.
  RuleLineage(const RuleLineage& before, std::span<const CompiledRule> rules_before,
              std::span<const CompiledRule> rules);
  RuleLineage() = default;

  // Counts the sets of a run, from 1; 0 is before all of them.
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  // The generation in which the rule came in, or got the text that it has.
  [[nodiscard]] std::uint32_t since(RuleId id) const { return since_[id]; }
  // The number in this set of the rule that was `id` in the set of that generation. None when the rule is
  // gone or another, or that set was replaced more than kRemembered reloads ago.
  [[nodiscard]] std::optional<RuleId> now(std::uint32_t generation, RuleId id) const;

  static constexpr std::size_t kRemembered = 8;

 private:
  using Numbers = std::vector<RuleId>;  // by RuleId of an older set
  std::uint32_t generation_ = 1;
  std::vector<std::uint32_t> since_;
  std::vector<Numbers> older_;  // [0]: of the set just before this one
};

}  // namespace weir::rules
