#include "rules/set/evaluation_order.h"

#include <algorithm>
#include <tuple>

namespace weir::rules {
namespace {

int flowbit_rank(const Signature& s) {
  if (!s.sets_bits.empty()) return s.requires_bits.empty() ? 0 : 1;
  return s.requires_bits.empty() ? 3 : 2;
}

}  // namespace

void sort_by_evaluation(std::vector<LoadedSignature>& signatures, const ActionOrder& order) {
  std::stable_sort(signatures.begin(), signatures.end(), [&order](const auto& a, const auto& b) {
    return std::tuple(order.rank(a->action), flowbit_rank(*a), a->meta.priority) <
           std::tuple(order.rank(b->action), flowbit_rank(*b), b->meta.priority);
  });
}

}  // namespace weir::rules
