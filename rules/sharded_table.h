// A table that several threads use at once: split into shards by a keyed hash, each under its own lock, with
// a cap of entries. When a shard is full the entry that was used longest ago goes; entries past their time go
// on the way.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <list>
#include <mutex>
#include <unordered_map>

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
    const std::lock_guard lock(shard.mutex);
    return use(find_or_make(shard, key, now));
  }
  // The same with a pointer, null when there is no entry.
  template <class Use>
  auto look(const TableKey& key, Use&& use) const {
    const Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.index.find(key);
    return use(found == shard.index.end() ? nullptr : &found->second->value);
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
  static constexpr int kExpireAtOnce = 2;  // old entries looked at for each new one

  struct Entry {
    TableKey key;
    Value value;
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::list<Entry> by_use;  // the one used last stands last
    std::unordered_map<TableKey, typename std::list<Entry>::iterator, TableKeyHash> index;
  };

  [[nodiscard]] Shard& shard_of(const TableKey& key) {
    return shards_[(TableKeyHash{}(key) >> 48U) % kShards];
  }
  [[nodiscard]] const Shard& shard_of(const TableKey& key) const {
    return shards_[(TableKeyHash{}(key) >> 48U) % kShards];
  }

  Value& find_or_make(Shard& shard, const TableKey& key, TimeUs now) {
    const auto found = shard.index.find(key);
    if (found != shard.index.end()) {
      shard.by_use.splice(shard.by_use.end(), shard.by_use, found->second);
      return found->second->value;
    }
    for (int i = 0; i < kExpireAtOnce && !shard.by_use.empty(); ++i) {
      const Entry& oldest = shard.by_use.front();
      if (oldest.value.expires >= now && shard.index.size() < shard_cap_) break;
      shard.index.erase(oldest.key);
      shard.by_use.pop_front();
    }
    shard.by_use.push_back({key, Value{}});
    shard.index.emplace(key, std::prev(shard.by_use.end()));
    return shard.by_use.back().value;
  }

  std::size_t shard_cap_;
  std::array<Shard, kShards> shards_;
};

}  // namespace weir::rules
