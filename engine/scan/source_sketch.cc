#include "engine/scan/source_sketch.h"

#include <cstddef>
#include <utility>

namespace weir::engine {

template <class Visit>
void SourceSketch::for_each(const Visit& visit) const {
  if (only_ != 0) visit(only_);
  if (cells_ == nullptr) return;
  for (std::size_t i = 0; i < std::size_t{1} << cell_bits_; ++i)
    if (cells_[i] != 0) visit(cells_[i]);
}

void SourceSketch::put(std::uint32_t target) {
  if (!is_sampled(target)) return;
  if (cells_ == nullptr) {
    if (only_ == 0 || (only_ ^ target) < 4) {  // the same but for what was seen
      only_ |= target;
      return;
    }
    rebuild(kFirstCells);
    put_into_cells(std::exchange(only_, 0));
  }
  if (!put_into_cells(target) || used_ <= std::size_t{1} << (cell_bits_ - 1U)) return;
  if (cell_bits_ < kMostCells) return rebuild(static_cast<std::uint8_t>(cell_bits_ + 1U));
  while (used_ > std::size_t{1} << (cell_bits_ - 1U) && level_ < kTopLevel) {
    ++level_;
    rebuild(cell_bits_);
  }
}

bool SourceSketch::put_into_cells(std::uint32_t target) {
  const std::uint32_t mask = (std::uint32_t{1} << cell_bits_) - 1;
  // The level takes the lower bits of the hash, the place the upper ones.
  std::uint32_t place = target >> (kHashBits + 2U - cell_bits_);
  for (std::uint32_t step = 0; step <= mask; ++step, place = (place + 1) & mask) {
    std::uint32_t& cell = cells_[place];
    if (cell == 0) {
      cell = target;
      ++used_;
      return true;
    }
    if ((cell ^ target) < 4) {
      cell |= target;
      return false;
    }
  }
  return false;  // full, at the highest level
}

void SourceSketch::rebuild(std::uint8_t cell_bits) {
  const std::unique_ptr<std::uint32_t[]> old = std::move(cells_);
  const std::size_t old_size = old == nullptr ? 0 : std::size_t{1} << cell_bits_;
  cells_ = std::make_unique<std::uint32_t[]>(std::size_t{1} << cell_bits);
  cell_bits_ = cell_bits;
  used_ = 0;
  for (std::size_t i = 0; i < old_size; ++i)
    if (old[i] != 0 && is_sampled(old[i])) put_into_cells(old[i]);
}

void SourceSketch::merge(const SourceSketch& other) {
  if (other.level_ > level_) {
    level_ = other.level_;
    if (cells_ != nullptr) rebuild(cell_bits_);
    if (only_ != 0 && !is_sampled(only_)) only_ = 0;
  }
  other.for_each([&](std::uint32_t target) { put(target); });
}

std::uint64_t SourceSketch::sampled_unanswered() const {
  std::uint64_t sampled = 0;
  for_each([&](std::uint32_t target) { sampled += (target & 3U) == tried ? 1 : 0; });
  return sampled;
}

}  // namespace weir::engine
