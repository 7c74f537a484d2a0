#include "engine/query/groups/group_table.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::engine {
namespace {

constexpr std::uint64_t kFull = std::numeric_limits<std::uint64_t>::max();

std::uint64_t add_up(std::uint64_t a, std::uint64_t b) {
  return a > kFull - b ? kFull : a + b;
}

std::uint64_t rate(double amount, const Sums& sums) {
  if (sums.last <= sums.first) return 0;
  const double out = amount * 1e6 / (static_cast<double>(sums.last) - static_cast<double>(sums.first));
  return out >= 1.8e19 ? kFull : static_cast<std::uint64_t>(out);
}

struct MeasureWord {
  std::string_view word;
  Measure measure;
};
// In the order of Measure.
constexpr std::array kMeasures{
    MeasureWord{"bytes", Measure::bytes},          MeasureWord{"packets", Measure::packets},
    MeasureWord{"flows", Measure::flows},          MeasureWord{"bps", Measure::bits_a_second},
    MeasureWord{"pps", Measure::packets_a_second}, MeasureWord{"bpp", Measure::bytes_a_packet}};

Measure sum_of(Measure by) {
  switch (by) {
    case Measure::packets:
    case Measure::packets_a_second: return Measure::packets;
    case Measure::flows: return Measure::flows;
    default: return Measure::bytes;
  }
}

}  // namespace

void Sums::add(const Sums& more) {
  flows = add_up(flows, more.flows);
  for (std::size_t i = 0; i < 2; ++i) {
    packets[i] = add_up(packets[i], more.packets[i]);
    bytes[i] = add_up(bytes[i], more.bytes[i]);
  }
  if (more.first != 0 && (first == 0 || more.first < first)) first = more.first;
  last = std::max(last, more.last);
}
std::uint64_t Sums::all_packets() const {
  return add_up(packets[0], packets[1]);
}
std::uint64_t Sums::all_bytes() const {
  return add_up(bytes[0], bytes[1]);
}

const Measure* find_measure(std::string_view word) {
  for (const MeasureWord& row : kMeasures)
    if (row.word == word) return &row.measure;
  return nullptr;
}

std::string_view measure_word(Measure measure) {
  return kMeasures[static_cast<std::size_t>(measure)].word;
}

bool is_rate(Measure measure) {
  return measure != Measure::bytes && measure != Measure::packets && measure != Measure::flows;
}

std::uint64_t measure(const Sums& sums, Measure by) {
  switch (by) {
    case Measure::bytes: return sums.all_bytes();
    case Measure::packets: return sums.all_packets();
    case Measure::flows: return sums.flows;
    case Measure::bits_a_second: return rate(8 * static_cast<double>(sums.all_bytes()), sums);
    case Measure::packets_a_second: return rate(static_cast<double>(sums.all_packets()), sums);
    case Measure::bytes_a_packet: return sums.all_packets() == 0 ? 0 : sums.all_bytes() / sums.all_packets();
  }
  return 0;
}

GroupTable::GroupTable(std::size_t words, std::size_t most, Measure by, std::uint64_t seed)
    : words_(words), most_(std::max<std::size_t>(most, 16)), dropping_(sum_of(by)), seed_(seed) {
  clear();
}

void GroupTable::clear() {
  keys_.clear();
  sums_.clear();
  size_ = 0;
  slots_.assign(kFirstSlots, 0);
  shift_ = 64 - 12;
  static_assert(kFirstSlots == std::size_t{1} << 12U);
}

std::uint64_t GroupTable::hash(const std::uint64_t* key) const {
  return XXH3_64bits_withSeed(key, words_ * sizeof *key, seed_);
}

bool GroupTable::same_key(std::size_t n, const std::uint64_t* other) const {
  const std::uint64_t* const own = key(n);
  // Few words: a call of memcmp() would cost more.
  for (std::size_t i = 0; i < words_; ++i)
    if (own[i] != other[i]) return false;
  return true;
}

void GroupTable::prefetch_group(std::uint64_t hash) const {
  const Slot slot = slots_[slot_of(hash)];
  if (slot == 0) return;
  const std::size_t n = (slot & 0xffffffff) - 1;
  __builtin_prefetch(key(n));
  __builtin_prefetch(&sums(n), 1);
}

std::size_t GroupTable::look_up(const std::uint64_t* key, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = slot_of(hash);
  for (Slot slot = slots_[i]; slot != 0; slot = slots_[i]) {
    if (slot >> 32U == hash >> 32U && same_key((slot & 0xffffffff) - 1, key)) break;
    i = (i + 1) & mask;
  }
  return i;
}

const Sums* GroupTable::find(const std::uint64_t* key, std::uint64_t hash) const {
  const Slot slot = slots_[look_up(key, hash)];
  return slot == 0 ? nullptr : &sums((slot & 0xffffffff) - 1);
}

void GroupTable::add(const std::uint64_t* key, std::uint64_t hash, const Sums& sums) {
  if (const Slot slot = slots_[look_up(key, hash)]; slot != 0)
    return sums_at((slot & 0xffffffff) - 1).add(sums);
  if (size_ == most_) drop_half();
  if ((size_ + 1) * 4 > slots_.size() * 3) grow();
  if (size_ / kBlock == keys_.size()) {
    keys_.push_back(std::make_unique_for_overwrite<std::uint64_t[]>(kBlock * words_));
    sums_.push_back(std::make_unique<Sums[]>(kBlock));
  }
  std::copy_n(key, words_, key_at(size_));
  sums_at(size_) = sums;
  place(hash, size_++);
}

void GroupTable::place(std::uint64_t hash, std::size_t n) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = slot_of(hash);
  while (slots_[i] != 0) i = (i + 1) & mask;
  slots_[i] = (hash >> 32U << 32U) | (n + 1);
}

// The upper half of the hash, which a slot has, says where it belongs: at most 2^32 slots.
void GroupTable::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2, 0));
  --shift_;
  for (const Slot slot : old)
    if (slot != 0) place(slot, (slot & 0xffffffff) - 1);
}

void GroupTable::drop_half() {
  std::vector<std::uint64_t> amounts(size_);
  for (std::size_t n = 0; n < size_; ++n) amounts[n] = measure(sums_at(n), dropping_);
  const auto middle = amounts.begin() + static_cast<std::ptrdiff_t>(size_ / 2);
  std::nth_element(amounts.begin(), middle, amounts.end());
  const std::uint64_t least = *middle;
  // Of groups that have just as much as that, so many stay that half of all do.
  std::size_t equal = static_cast<std::size_t>(std::count(middle, amounts.end(), least));
  amounts = {};
  std::fill(slots_.begin(), slots_.end(), 0);
  std::size_t kept = 0;
  for (std::size_t n = 0; n < size_; ++n) {
    const std::uint64_t amount = measure(sums_at(n), dropping_);
    if (amount < least || (amount == least && equal == 0)) continue;
    if (amount == least) --equal;
    if (kept != n) {
      std::copy_n(key(n), words_, key_at(kept));
      sums_at(kept) = sums_at(n);
    }
    place(hash(key_at(kept)), kept);
    ++kept;
  }
  dropped_ += size_ - kept;
  short_by_ = add_up(short_by_, least);
  size_ = kept;
}

}  // namespace weir::engine
