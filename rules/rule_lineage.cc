#include "rules/rule_lineage.h"

#include <algorithm>
#include <unordered_map>

#include "rules/program.h"

namespace weir::rules {
namespace {

constexpr RuleId kGone = UINT32_MAX;

std::uint64_t key_of(const SignatureMeta& m) {
  return (std::uint64_t{m.gid} << 32U) | m.sid;
}

}  // namespace

RuleLineage::RuleLineage(const RuleLineage& before, std::span<const CompiledRule> rules_before,
                         std::span<const CompiledRule> rules)
    : generation_(before.generation_ + 1), since_(rules.size(), generation_) {
  std::unordered_map<std::uint64_t, RuleId> ids;
  ids.reserve(rules.size());
  for (RuleId id = 0; id < rules.size(); ++id) ids.emplace(key_of(rules[id].signature->meta), id);

  Numbers& last = older_.emplace_back(rules_before.size(), kGone);
  for (RuleId old = 0; old < rules_before.size(); ++old) {
    const SignatureMeta& was = rules_before[old].signature->meta;
    const auto found = ids.find(key_of(was));
    if (found == ids.end()) continue;
    const SignatureMeta& is = rules[found->second].signature->meta;
    if (is.rev != was.rev || is.text_hash != was.text_hash) continue;
    last[old] = found->second;
    since_[found->second] = before.since_[old];
  }
  for (std::size_t i = 0; i < before.older_.size() && older_.size() < kRemembered; ++i) {
    Numbers numbers = before.older_[i];
    for (RuleId& n : numbers)
      if (n != kGone) n = older_[0][n];
    older_.push_back(std::move(numbers));
  }
}

std::optional<RuleId> RuleLineage::now(std::uint32_t generation, RuleId id) const {
  if (generation == generation_) return id;
  const std::size_t back = std::size_t{generation_} - generation - 1;
  if (generation > generation_ || back >= older_.size() || id >= older_[back].size()) return std::nullopt;
  const RuleId n = older_[back][id];
  return n == kGone ? std::nullopt : std::optional(n);
}

}  // namespace weir::rules
