#include "rules/set/rule_lineage.h"

#include <algorithm>
#include <unordered_map>

#include "rules/set/program.h"

namespace weir::rules {
namespace {

std::uint64_t key_of(const SignatureMeta& m) {
  return (std::uint64_t{m.gid} << 32U) | m.sid;
}

}  // namespace

RuleLineage::RuleLineage(std::span<const CompiledRule> rules) : rules_(rules.size()) {
  for (Entry& entry : rules_) entry.serial = next_serial_++;
  index();
}

RuleLineage::RuleLineage(const RuleLineage& before, std::span<const CompiledRule> rules_before,
                         std::span<const CompiledRule> rules)
    : generation_(before.generation_ + 1), next_serial_(before.next_serial_) {
  std::unordered_map<std::uint64_t, RuleId> old_ids;
  old_ids.reserve(rules_before.size());
  for (RuleId id = 0; id < rules_before.size(); ++id)
    old_ids.emplace(key_of(rules_before[id].signature->meta), id);

  rules_.reserve(rules.size());
  for (const CompiledRule& rule : rules) {
    const SignatureMeta& is = rule.signature->meta;
    const auto old = old_ids.find(key_of(is));
    const SignatureMeta* was = old == old_ids.end() ? nullptr : &rules_before[old->second].signature->meta;
    if (was != nullptr && was->rev == is.rev && was->text_hash == is.text_hash)
      rules_.push_back(before.rules_[old->second]);
    else
      rules_.push_back({next_serial_++, generation_});
  }
  index();
}

void RuleLineage::index() {
  by_serial_.reserve(rules_.size());
  for (RuleId id = 0; id < rules_.size(); ++id) by_serial_.emplace_back(rules_[id].serial, id);
  std::sort(by_serial_.begin(), by_serial_.end());
}

std::optional<RuleId> RuleLineage::find(RuleSerial serial) const {
  const auto at = std::lower_bound(by_serial_.begin(), by_serial_.end(), std::pair{serial, RuleId{0}});
  if (at == by_serial_.end() || at->first != serial) return std::nullopt;
  return at->second;
}

}  // namespace weir::rules
