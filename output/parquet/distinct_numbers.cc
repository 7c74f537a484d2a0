#include "output/parquet/distinct_numbers.h"

#include <algorithm>
#include <numeric>

namespace weir::output::parquet {
namespace {

constexpr std::size_t kFirstSlots = 1024;

// Steps from place to place that all numbers together may need: far more than numbers that were not chosen for it do.
constexpr std::size_t kProbesANumber = 8;

std::size_t spread(std::uint64_t value) {
  return static_cast<std::size_t>((value * 0x9e3779b97f4a7c15U) >> 40U);
}

}  // namespace

std::uint32_t DistinctNumbers::entry_of(std::uint64_t value) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = spread(value) & mask;; at = (at + 1) & mask) {  // half of them are free
    Slot& slot = slots_[at];
    if (probes_left_ > 0) --probes_left_;
    if (slot.entry == UINT32_MAX) {
      slot = {value, static_cast<std::uint32_t>(entries_.size())};
      entries_.push_back(value);
      return slot.entry;
    }
    if (slot.value == value) return slot.entry;
  }
}

void DistinctNumbers::grow() {
  const std::vector<std::uint64_t> entries = std::move(entries_);
  entries_.clear();
  slots_.assign(slots_.size() * 4, Slot{});
  for (const std::uint64_t value : entries) entry_of(value);
}

bool DistinctNumbers::find(std::span<const std::uint64_t> values, std::size_t most) {
  slots_.assign(kFirstSlots, Slot{});
  entries_.clear();
  probes_left_ = kProbesANumber * (values.size() + kFirstSlots);
  indexes_.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && values[i] == values[i - 1]) {
      indexes_[i] = indexes_[i - 1];
      continue;
    }
    indexes_[i] = entry_of(values[i]);
    if (entries_.size() > most || probes_left_ == 0) return false;
    if (entries_.size() * 2 > slots_.size()) grow();
  }
  sort();
  return true;
}

void DistinctNumbers::sort() {
  std::vector<std::uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return entries_[a] < entries_[b]; });
  std::vector<std::uint64_t> sorted(entries_.size());
  std::vector<std::uint32_t> place(entries_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    sorted[i] = entries_[order[i]];
    place[order[i]] = i;
  }
  entries_ = std::move(sorted);
  for (std::uint32_t& index : indexes_) index = place[index];
}

}  // namespace weir::output::parquet
