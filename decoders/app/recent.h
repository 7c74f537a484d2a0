// Bounded maps of what was used lately: when one is full, what was used longest ago is let go.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "decoders/slab.h"

namespace weir {

// Few entries are usual, and what is asked for was used a moment ago: it is looked for from there. A look-up costs at most as
// many steps as there are entries.
template <class Key, class Value>
class Recent {
 public:
  // Null: it is not there. Valid until the map changes. A key may be looked up by whatever compares with it.
  template <class Sought = Key>
  Value* find(const Sought& key) {
    const auto at = place(key);
    if (at == entries_.rend()) return nullptr;
    std::rotate(at.base() - 1, at.base(), entries_.end());
    return &entries_.back().second;
  }
  // In place of what is there under the key; a full map lets go of its oldest entry.
  Value& put(Key key, Value value, std::size_t most) {
    if (Value* known = find(key)) return *known = std::move(value);
    if (entries_.size() >= most) take_oldest();
    return entries_.emplace_back(std::move(key), std::move(value)).second;
  }
  template <class Sought = Key>
  std::optional<Value> take(const Sought& key) {
    const auto at = place(key);
    if (at == entries_.rend()) return std::nullopt;
    return take_at(at.base() - 1);
  }
  std::optional<Value> take_oldest() { return entries_.empty() ? std::nullopt : take_at(entries_.begin()); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] auto begin() { return entries_.begin(); }
  [[nodiscard]] auto end() { return entries_.end(); }
  [[nodiscard]] auto begin() const { return entries_.begin(); }
  [[nodiscard]] auto end() const { return entries_.end(); }

 private:
  using Entries = SlabVector<std::pair<Key, Value>>;

  template <class Sought = Key>
  auto place(const Sought& key) {
    return std::find_if(entries_.rbegin(), entries_.rend(), [&](const auto& e) { return e.first == key; });
  }
  std::optional<Value> take_at(typename Entries::iterator at) {
    std::optional<Value> out{std::move(at->second)};
    entries_.erase(at);
    return out;
  }

  Entries entries_;  // what was used last at the end
};

// The same for many entries, in kGroups maps by the hash of their key: a look-up costs at most as many steps as one of them has
// entries. Hash takes whatever keys are looked up by.
template <class Key, class Value, class Hash, std::size_t kGroups, std::size_t kMostInGroup>
class RecentByHash {
 public:
  // Null: it is not there. Valid until the map changes.
  template <class Sought = Key>
  Value* find(const Sought& key) {
    return groups_.empty() ? nullptr : group(key).find(key);
  }
  // In place of what is there under the key; a full group lets go of its oldest entry.
  Value& put(Key key, Value value) {
    if (groups_.empty()) groups_.resize(kGroups);
    auto& of_key = group(key);
    return of_key.put(std::move(key), std::move(value), kMostInGroup);
  }
  template <class Sought = Key>
  std::optional<Value> take(const Sought& key) {
    return groups_.empty() ? std::nullopt : group(key).take(key);
  }

 private:
  template <class Sought = Key>
  Recent<Key, Value>& group(const Sought& key) {
    return groups_[Hash{}(key) % kGroups];
  }

  SlabVector<Recent<Key, Value>> groups_;  // none before the first entry
};

}  // namespace weir
