// Sums by key, in a table that has a cap: where it is full the groups with the least go, and it is known how much that can be.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "decoders/types.h"

namespace weir::engine {

// What is added up. Sums that do not fit stay at the greatest number.
struct Sums {
  std::uint64_t flows = 0;
  std::array<std::uint64_t, 2> packets{}, bytes{};  // by index(Direction)
  TimeUs first = 0, last = 0;                       // 0: not known

  void add(const Sums& more);
  [[nodiscard]] std::uint64_t all_packets() const;
  [[nodiscard]] std::uint64_t all_bytes() const;
};

// What groups are compared by.
enum class Measure : std::uint8_t { bytes, packets, flows, bits_a_second, packets_a_second, bytes_a_packet };
// "bytes", "packets", "flows", "bps", "pps", "bpp"; null: none of them.
const Measure* find_measure(std::string_view word);
std::string_view measure_word(Measure measure);
inline constexpr const char* kMeasureExpected = "bytes, packets, flows, bps, pps or bpp";
// It is no sum, and there is no share of it.
bool is_rate(Measure measure);
std::uint64_t measure(const Sums& sums, Measure by);

// Of all tables of a question together.
inline constexpr std::size_t kMaxGroups = std::size_t{1} << 22U;

// Open addressing over places in blocks of groups, which never move: a group costs its key, its sums and 11 to 21 bytes.
class GroupTable {
 public:
  // Keys are of `words` words each; `most`: groups, at least 16; `seed`: of the hash, that nobody outside can know.
  GroupTable(std::size_t words, std::size_t most, Measure by, std::uint64_t seed);

  [[nodiscard]] std::uint64_t hash(const std::uint64_t* key) const;
  // Has what find() needs brought near; in this order, some keys ahead.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[slot_of(hash)]); }
  void prefetch_group(std::uint64_t hash) const;
  void add(const std::uint64_t* key, std::uint64_t hash, const Sums& sums);

  // Null: there is no such group.
  [[nodiscard]] const Sums* find(const std::uint64_t* key, std::uint64_t hash) const;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const std::uint64_t* key(std::size_t n) const {
    return &keys_[n / kBlock][n % kBlock * words_];
  }
  [[nodiscard]] const Sums& sums(std::size_t n) const { return sums_[n / kBlock][n % kBlock]; }

  // From now on so many.
  void limit(std::size_t most) { most_ = std::max(most_, most); }
  // The other one's groups are added, and it is empty then. `change` may write to a key before.
  template <class Change>
  void merge(GroupTable& other, Change&& change);

  // Groups that went because the table was full, and by how much any other one can be short for that: in what decides which groups go, see
  // dropping().
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::uint64_t short_by() const { return short_by_; }
  // Of rates: the sum that they are of.
  [[nodiscard]] Measure dropping() const { return dropping_; }

 private:
  static constexpr std::size_t kBlock = 4096, kFirstSlots = 4096;
  // A place and 1, below 32 bits of the hash; 0: empty.
  using Slot = std::uint64_t;
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash >> shift_);
  }
  std::uint64_t* key_at(std::size_t n) { return &keys_[n / kBlock][n % kBlock * words_]; }
  Sums& sums_at(std::size_t n) { return sums_[n / kBlock][n % kBlock]; }
  [[nodiscard]] bool same_key(std::size_t n, const std::uint64_t* other) const;
  // Where the key is, or the empty slot where it belongs.
  [[nodiscard]] std::size_t look_up(const std::uint64_t* key, std::uint64_t hash) const;
  void place(std::uint64_t hash, std::size_t n);
  void grow();
  void drop_half();
  void clear();

  std::size_t words_, most_;
  Measure dropping_;
  std::uint64_t seed_;
  unsigned shift_ = 0;
  std::size_t size_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<std::uint64_t[]>> keys_;
  std::vector<std::unique_ptr<Sums[]>> sums_;
  std::uint64_t dropped_ = 0, short_by_ = 0;
};

template <class Change>
void GroupTable::merge(GroupTable& other, Change&& change) {
  other.slots_ = {};
  for (std::size_t n = 0; n < other.size_; ++n) {
    std::uint64_t* const their_key = other.key_at(n);
    change(their_key);
    add(their_key, hash(their_key), other.sums_at(n));
    if (n % kBlock != kBlock - 1) continue;
    // Both tables together are never larger than they have to be.
    other.keys_[n / kBlock].reset();
    other.sums_[n / kBlock].reset();
  }
  dropped_ += other.dropped_;
  short_by_ += other.short_by_;
  other.clear();
}

}  // namespace weir::engine
