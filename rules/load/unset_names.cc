#include "rules/load/unset_names.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::rules {
namespace {

using Kind = SharedNames::Kind;

constexpr std::size_t kNameKinds = 4;
// Of rules each of which waits for the next: those behind so many are taken for such that can match.
constexpr int kLongestWait = 64;

const NameTable& table_of(Kind kind, const RuleEnvironment& environment) {
  switch (kind) {
    case Kind::flowbit: return environment.flowbits;
    case Kind::host_bit: return environment.xbits;
    case Kind::tx_bit: return environment.tx_bits;
    case Kind::flowint: break;
  }
  return environment.flowints;
}

// Which names rules set.
class NameSet {
 public:
  void add(const Signature& s) {
    for (const auto& effect : s.effects) {
      const SharedNames names = effect->sets();
      auto& kind = set_[static_cast<std::size_t>(names.kind)];
      for (const std::uint32_t id : names.ids) {
        if (id >= kind.size()) kind.resize(id + 1U);
        kind[id] = true;
      }
    }
  }
  [[nodiscard]] bool has_one_of(const SharedNames& names) const {
    const auto& kind = set_[static_cast<std::size_t>(names.kind)];
    return std::any_of(names.ids.begin(), names.ids.end(),
                       [&](std::uint32_t id) { return id < kind.size() && kind[id]; });
  }

 private:
  std::array<std::vector<bool>, kNameKinds> set_;
};

bool waits_in_vain(const Signature& s, const NameSet& set) {
  const auto in_vain = [&](const SharedNames& names) { return !names.ids.empty() && !set.has_one_of(names); };
  return std::any_of(s.packet_checks.begin(), s.packet_checks.end(),
                     [&](const auto& check) { return in_vain(check->waits_for()); }) ||
         std::any_of(s.tx_checks.begin(), s.tx_checks.end(),
                     [&](const TxCheckEngine& t) { return in_vain(t.check->waits_for()); });
}

// What is set by rules that can match, and so on with what those set.
NameSet set_by_rules_that_match(std::vector<const Signature*> left) {
  NameSet set;
  for (int i = 0; i < kLongestWait; ++i) {
    const std::size_t before = left.size();
    std::erase_if(left, [&](const Signature* s) {
      const bool can_match = !waits_in_vain(*s, set);
      if (can_match) set.add(*s);
      return can_match;
    });
    if (left.size() == before) return set;
  }
  for (const Signature* s : left) set.add(*s);
  return set;
}

}  // namespace

std::string names_text(const SharedNames& names, const RuleEnvironment& environment) {
  std::string out;
  for (const std::uint32_t id : names.ids)
    out.append(out.empty() ? "" : "|").append(table_of(names.kind, environment).name(id));
  return out;
}

std::vector<RuleDiagnostic> UnsetNames::tell(const std::vector<LoadedSignature>& rules,
                                             const std::vector<bool>& dead) {
  std::vector<RuleDiagnostic> out;
  if (waits_.empty()) return out;
  NameSet by_any;
  std::vector<const Signature*> alive;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].signature == nullptr) continue;
    by_any.add(*rules[i]);
    if (!dead[i]) alive.push_back(rules[i].signature.get());
  }
  const NameSet set = set_by_rules_that_match(std::move(alive));
  for (Wait& wait : waits_) {
    if (rules[wait.rule].signature == nullptr || set.has_one_of(wait.names)) continue;
    wait.told.reason = by_any.has_one_of(wait.names) ? "only rules that can never match themselves set it"
                                                     : "no rule of the run sets it";
    out.push_back(std::move(wait.told));
  }
  return out;
}

}  // namespace weir::rules
