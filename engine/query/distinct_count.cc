#include "engine/query/distinct_count.h"

#include <algorithm>

namespace weir::engine {

void DistinctCount::add(std::uint64_t hash) {
  if (!is_exact_) return sketch_.add(hash);
  hash = std::max<std::uint64_t>(hash, 1);
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = static_cast<std::size_t>(hash) & mask;
  for (; slots_[i] != 0; i = (i + 1) & mask)
    if (slots_[i] == hash) return;
  if (count_ == kMostExact) {
    give_up_set();
    return sketch_.add(hash);
  }
  slots_[i] = hash;
  ++count_;
}

void DistinctCount::give_up_set() {
  for (const std::uint64_t hash : slots_)
    if (hash != 0) sketch_.add(hash);
  slots_ = {};
  is_exact_ = false;
}

void DistinctCount::merge(const DistinctCount& other) {
  if (other.is_exact_) {
    for (const std::uint64_t hash : other.slots_)
      if (hash != 0) add(hash);
    return;
  }
  if (is_exact_) give_up_set();
  sketch_.merge(other.sketch_);
}

}  // namespace weir::engine
