// A bounded map of what was used lately: when it is full, what was used longest ago is let go.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "decoders/slab.h"

namespace weir::smb {

// Few entries are usual, and what is asked for was used a moment ago: it is looked for from there. A look-up costs at most as
// many steps as there are entries.
template <class Key, class Value>
class Recent {
 public:
  // Null: it is not there. Valid until the map changes.
  Value* find(const Key& key) {
    const auto at = place(key);
    if (at == entries_.rend()) return nullptr;
    std::rotate(at.base() - 1, at.base(), entries_.end());
    return &entries_.back().second;
  }
  // In place of what is there under the key; a full map lets go of its oldest entry.
  Value& put(const Key& key, Value value, std::size_t most) {
    if (Value* known = find(key)) return *known = std::move(value);
    if (entries_.size() >= most) take_oldest();
    return entries_.emplace_back(key, std::move(value)).second;
  }
  std::optional<Value> take(const Key& key) {
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

  auto place(const Key& key) {
    return std::find_if(entries_.rbegin(), entries_.rend(), [&](const auto& e) { return e.first == key; });
  }
  std::optional<Value> take_at(typename Entries::iterator at) {
    std::optional<Value> out{std::move(at->second)};
    entries_.erase(at);
    return out;
  }

  Entries entries_;  // what was used last at the end
};

}  // namespace weir::smb
