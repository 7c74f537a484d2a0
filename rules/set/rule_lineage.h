// How the rules of one rule set relate to those of the sets that it replaced while a run goes on.
//
// A rule is the same rule as before when gid, sid, rev and text are. It then has the same serial, however often
// and however long ago rules were reloaded. What the engine remembers of rules (that they wait for more of a
// transaction, that they have alerted on it) it remembers by serial, and what is looked at once a flow is looked
// at again only for rules that the flow has not seen. Immutable once the set is built; shared by all workers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace weir::rules {

struct CompiledRule;
using RuleId = std::uint32_t;
// Names a rule through all sets of a run. They are given out in turn and never again: a run would have to replace
// 15,000 rules 280,000 times to run out of them.
using RuleSerial = std::uint32_t;

class RuleLineage {
 public:
  // Of the first set of a run.
  explicit RuleLineage(std::span<const CompiledRule> rules);
  // Of the set that follows one with these rules.
  RuleLineage(const RuleLineage& before, std::span<const CompiledRule> rules_before,
              std::span<const CompiledRule> rules);
  RuleLineage() = default;

  // Counts the sets of a run, from 1; 0 is before all of them.
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  // The generation in which the rule came in, or got the text that it has.
  [[nodiscard]] std::uint32_t since(RuleId id) const { return rules_[id].since; }
  [[nodiscard]] RuleSerial serial(RuleId id) const { return rules_[id].serial; }
  // None when the rule is gone or another. O(log rules).
  [[nodiscard]] std::optional<RuleId> find(RuleSerial serial) const;

 private:
  struct Entry {
    RuleSerial serial = 0;
    std::uint32_t since = 1;
  };
  void index();

  std::uint32_t generation_ = 1;
  RuleSerial next_serial_ = 0;
  std::vector<Entry> rules_;                              // by RuleId
  std::vector<std::pair<RuleSerial, RuleId>> by_serial_;  // in ascending order
};

}  // namespace weir::rules
