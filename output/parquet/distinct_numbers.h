// The different ones among numbers, and which of them each one is; gives up when there are many, or when looking for them costs too
// much: numbers come from traffic, and some may have been chosen to fall into the same places of the table.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weir::output::parquet {

class DistinctNumbers {
 public:
  // False: there are more than `most`, or it takes too long. Then entries() and indexes() are of no use.
  bool find(std::span<const std::uint64_t> values, std::size_t most);
  // In ascending order of the numbers, as unsigned ones.
  [[nodiscard]] std::span<const std::uint64_t> entries() const { return entries_; }
  [[nodiscard]] std::span<const std::uint32_t> indexes() const { return indexes_; }

 private:
  struct Slot {
    std::uint64_t value = 0;
    std::uint32_t entry = UINT32_MAX;
  };
  std::uint32_t entry_of(std::uint64_t value);
  void grow();
  void sort();

  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  std::size_t probes_left_ = 0;
  std::vector<std::uint64_t> entries_;
  std::vector<std::uint32_t> indexes_;
};

}  // namespace weir::output::parquet
