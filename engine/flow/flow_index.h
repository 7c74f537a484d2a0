// The hash table of a FlowTable: open addressing, linear probing, no tombstones.
//
// An entry holds the full hash, so that a flow is only touched when its key very probably matches. The table
// doubles at 5/8 load; growing moves 16 bytes an entry and touches no flow (about a millisecond at 100,000
// flows).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "decoders/huge_pages.h"
#include "decoders/prefetch.h"
#include "engine/flow/flow.h"

namespace weir::engine {

class FlowIndex {
 public:
  // `size` is rounded up to a power of two.
  explicit FlowIndex(std::size_t size) : slots_(std::bit_ceil(size < kMinSize ? kMinSize : size)) {}

  [[nodiscard]] Flow* find(std::uint64_t hash, const FlowKey& key) const {
    for (std::size_t i = position(hash);; i = next(i)) {
      const Slot& slot = slots_[i];
      if (slot.flow == nullptr) return nullptr;
      if (slot.hash != hash) continue;
      prefetch(slot.flow);
      if (slot.flow->key == key) return slot.flow;
    }
  }

  // For one more flow: then insert() does not fail.
  void make_room() {
    if ((count_ + 1) * 8 > slots_.size() * 5) grow();
  }
  // flow->hash is set, and no flow of that key is in the table.
  void insert(Flow* flow) {
    make_room();
    place(flow->hash, flow);
    ++count_;
  }

  void erase(const Flow* flow) {
    std::size_t hole = position(flow->hash);
    while (slots_[hole].flow != flow) hole = next(hole);
    // Entries behind the hole move up when their own place is at or before it, so that no probe meets an
    // early end.
    for (std::size_t i = next(hole); slots_[i].flow != nullptr; i = next(i)) {
      const std::size_t home = position(slots_[i].hash);
      if (((i - home) & mask()) >= ((i - hole) & mask())) {
        slots_[hole] = slots_[i];
        hole = i;
      }
    }
    slots_[hole] = {};
    --count_;
  }

  // Calls f(Flow&) for about `flows` flows from slot `from` on; gives where to go on, 0 at the end. Empty slots
  // count as well, but little.
  template <class F>
  std::size_t visit(std::size_t from, std::size_t flows, F&& f) const {
    constexpr std::size_t kSlotsAFlow = 16;
    std::size_t i = from;
    for (std::size_t seen = 0; i < slots_.size() && seen < flows * kSlotsAFlow; ++i) {
      ++seen;
      if (slots_[i].flow == nullptr) continue;
      f(*slots_[i].flow);
      seen += kSlotsAFlow;
    }
    return i < slots_.size() ? i : 0;
  }

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::size_t memory_bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  static constexpr std::size_t kMinSize = 64;
  struct Slot {
    std::uint64_t hash = 0;
    Flow* flow = nullptr;
  };
  using Slots = std::vector<Slot, HugeAllocator<Slot>>;

  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  [[nodiscard]] std::size_t position(std::uint64_t hash) const { return hash & mask(); }
  [[nodiscard]] std::size_t next(std::size_t i) const { return (i + 1) & mask(); }

  void place(std::uint64_t hash, Flow* flow) {
    std::size_t i = position(hash);
    while (slots_[i].flow != nullptr) i = next(i);
    slots_[i] = {hash, flow};
  }
  void grow() {
    Slots old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.flow != nullptr) place(slot.hash, slot.flow);
  }

  Slots slots_;
  std::size_t count_ = 0;
};

}  // namespace weir::engine
