// A table that several threads use at once: split into shards by a keyed hash, each under its own lock, with
// a cap of entries. When a shard is full the entry that was used longest ago goes; entries past their time go
// on the way.
//
// Time is packet time and comes with each call. An entry is dead once a call came after its last moment; and when
// time goes back by more than kMaxStepBack (another capture begins), all that there was is dead. So unless it
// has reached its cap the table answers the same for the same calls in the same order.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <iterator>
#include <limits>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "decoders/types.h"

namespace weir::rules {

// Words of a key, compared in whole. The hash is keyed with a random seed of the process.
struct TableKey {
  std::array<std::uint64_t, 7> words{};
  bool operator==(const TableKey&) const = default;
};
struct TableKeyHash {
  std::size_t operator()(const TableKey& key) const;
};

// Value needs `TimeUs expires` (the last moment in which it means anything).
template <class Value>
class ShardedTable {
 public:
  explicit ShardedTable(std::size_t max_entries) : shard_cap_(max_entries / kShards) {}

  // Calls use(value) under the shard's lock with the entry of `key`, which is made when there is none.
  template <class Use>
  auto with(const TableKey& key, TimeUs now, Use&& use) {
    Shard& shard = shard_of(key);
    const Clock clock = move_clock(now);
    const std::lock_guard lock(shard.mutex);
    return use(find_or_make(shard, key, clock));
  }
  // The same with a pointer, null when there is no entry.
  template <class Use>
  auto change(const TableKey& key, TimeUs now, Use&& use) {
    Shard& shard = shard_of(key);
    const Clock clock = move_clock(now);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.index.find(key);
    if (found == shard.index.end() || dead(*found->second, clock)) return use(static_cast<Value*>(nullptr));
    shard.by_use.splice(shard.by_use.end(), shard.by_use, found->second);
    return use(&found->second->value);
  }
  // Looks only.
  template <class Use>
  auto look(const TableKey& key, TimeUs now, Use&& use) {
    Shard& shard = shard_of(key);
    const Clock clock = move_clock(now);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.index.find(key);
    const bool there = found != shard.index.end() && !dead(*found->second, clock);
    return use(there ? &std::as_const(found->second->value) : nullptr);
  }
  void erase(const TableKey& key) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.index.find(key);
    if (found == shard.index.end()) return;
    shard.by_use.erase(found->second);
    shard.index.erase(found);
  }
  [[nodiscard]] std::size_t size() const {
    std::size_t n = 0;
    for (const Shard& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      n += shard.index.size();
    }
    return n;
  }

 private:
  static constexpr std::size_t kShards = 64;
  static constexpr int kExpireAtOnce = 2;  // how many old entries go at most for each one that is made

  static constexpr TimeUs kMaxStepBack = 60'000'000;

  struct Clock {
    TimeUs latest;
    std::uint32_t epoch;  // how often time went back
  };
  struct Entry {
    TableKey key;
    std::uint32_t epoch = 0;
    Value value;
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::list<Entry> by_use;  // most recently used last
    std::unordered_map<TableKey, typename std::list<Entry>::iterator, TableKeyHash> index;
  };

  [[nodiscard]] Shard& shard_of(const TableKey& key) {
    return shards_[(TableKeyHash{}(key) >> 48U) % kShards];
  }

  // Threads of a live run have nearly the same time, and what they read here may be a little behind.
  Clock move_clock(TimeUs now) {
    const TimeUs latest = latest_.load(std::memory_order_relaxed);
    const bool first = latest == kNever;
    if (!first && now <= latest && now >= latest - kMaxStepBack)
      return {latest, epoch_.load(std::memory_order_relaxed)};
    if (!first && now < latest) epoch_.fetch_add(1, std::memory_order_relaxed);
    latest_.store(now, std::memory_order_relaxed);
    return {now, epoch_.load(std::memory_order_relaxed)};
  }
  [[nodiscard]] static bool dead(const Entry& entry, const Clock& clock) {
    return entry.epoch != clock.epoch || entry.value.expires < clock.latest;
  }

  Value& find_or_make(Shard& shard, const TableKey& key, const Clock& clock) {
    const auto found = shard.index.find(key);
    if (found != shard.index.end()) {
      Entry& entry = *found->second;
      if (dead(entry, clock)) entry = {key, clock.epoch, Value{}};
      shard.by_use.splice(shard.by_use.end(), shard.by_use, found->second);
      return entry.value;
    }
    for (int i = 0; i < kExpireAtOnce && !shard.by_use.empty(); ++i) {
      const Entry& oldest = shard.by_use.front();
      if (!dead(oldest, clock) && shard.index.size() < shard_cap_) break;
      shard.index.erase(oldest.key);
      shard.by_use.pop_front();
    }
    shard.by_use.push_back({key, clock.epoch, Value{}});
    shard.index.emplace(key, std::prev(shard.by_use.end()));
    return shard.by_use.back().value;
  }

  static constexpr TimeUs kNever = std::numeric_limits<TimeUs>::min();

  std::size_t shard_cap_;
  std::atomic<TimeUs> latest_{kNever};
  std::atomic<std::uint32_t> epoch_{0};
  std::array<Shard, kShards> shards_;
};

}  // namespace weir::rules
