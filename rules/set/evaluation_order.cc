#include "rules/set/evaluation_order.h"

#include <algorithm>
#include <tuple>

namespace weir::rules {
namespace {

int flowbit_rank(const Signature& s) {
  if (!s.sets_bits.empty()) return s.requires_bits.empty() ? 0 : 1;
  return s.requires_bits.empty() ? 3 : 2;
}

// What sets a bit and says nothing decides about no packet. It comes before all that does but passing: a drop rule that
// waits for the bit may have no other packet to wait for.
std::uint8_t action_rank(const Signature& s, const ActionOrder& order) {
  const bool only_sets_bits = s.noalert && s.action == Action::alert && !s.sets_bits.empty();
  if (!only_sets_bits) return order.rank(s.action);
  return std::min({order.rank(Action::drop), order.rank(Action::reject), order.rank(Action::alert)});
}

}  // namespace

void sort_by_evaluation(std::vector<LoadedSignature>& signatures, const ActionOrder& order) {
  std::stable_sort(signatures.begin(), signatures.end(), [&order](const auto& a, const auto& b) {
    return std::tuple(action_rank(*a, order), flowbit_rank(*a), a->meta.priority) <
           std::tuple(action_rank(*b, order), flowbit_rank(*b), b->meta.priority);
  });
}

}  // namespace weir::rules
