// How many different things there were: exactly up to some thousands, and by HyperLogLog beyond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/scan/hyper_log_log.h"

namespace weir::engine {

// Takes 128 KB. Used by one thread.
class DistinctCount {
 public:
  static constexpr std::size_t kMostExact = 8192;

  DistinctCount() : slots_(kMostExact * 2) {}
  // All bits of the hash are used, and of each thing there is one hash.
  void add(std::uint64_t hash);
  // As if all that the other one took had been added here.
  void merge(const DistinctCount& other);
  [[nodiscard]] bool is_exact() const { return is_exact_; }
  [[nodiscard]] std::uint64_t estimate() const { return is_exact_ ? count_ : sketch_.estimate(); }

 private:
  void give_up_set();

  bool is_exact_ = true;
  std::size_t count_ = 0;
  std::vector<std::uint64_t> slots_;  // hashes; 0: empty, which stands for 1, too
  HyperLogLog sketch_;
};

}  // namespace weir::engine
