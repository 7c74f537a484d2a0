#include "rules/set/evaluation_order.h"

#include <algorithm>
#include <tuple>

namespace weir::rules {
namespace {

bool sets_names(const Signature& s) {
  return !s.sets_bits.empty() ||
         std::any_of(s.effects.begin(), s.effects.end(),
                     [](const auto& effect) { return !effect->sets().ids.empty(); });
}

bool waits_for_names(const Signature& s) {
  return !s.requires_bits.empty() ||
         std::any_of(s.packet_checks.begin(), s.packet_checks.end(),
                     [](const auto& check) { return !check->waits_for().ids.empty(); }) ||
         std::any_of(s.tx_checks.begin(), s.tx_checks.end(),
                     [](const TxCheckEngine& t) { return !t.check->waits_for().ids.empty(); });
}

int names_rank(const Signature& s) {
  if (sets_names(s)) return waits_for_names(s) ? 1 : 0;
  return waits_for_names(s) ? 2 : 3;
}

// What sets a name (SharedNames) and says nothing decides about no packet. It comes before all that does but passing: a drop
// rule that waits for the name may have no other packet to wait for.
std::uint8_t action_rank(const Signature& s, const ActionOrder& order) {
  const bool only_sets = s.noalert && s.action == Action::alert && sets_names(s);
  if (!only_sets) return order.rank(s.action);
  return std::min({order.rank(Action::drop), order.rank(Action::reject), order.rank(Action::alert)});
}

}  // namespace

void sort_by_evaluation(std::vector<LoadedSignature>& signatures, const ActionOrder& order) {
  std::stable_sort(signatures.begin(), signatures.end(), [&order](const auto& a, const auto& b) {
    return std::tuple(action_rank(*a, order), names_rank(*a), a->meta.priority) <
           std::tuple(action_rank(*b, order), names_rank(*b), b->meta.priority);
  });
}

}  // namespace weir::rules
