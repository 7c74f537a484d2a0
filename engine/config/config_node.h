// A node of the configuration tree: null, a scalar, a sequence or a map.
//
// Every scalar is kept as text, as written ("yes", "0x10", "1mb"): who reads it gives it a meaning. Keys may
// contain dots, and "a_b" finds "a-b", as in Suricata. Children never move once they are in the tree.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/settings.h"

namespace weir::engine {

// "a_b" is "a-b".
constexpr bool same_key(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return x == y || ((x == '-' || x == '_') && (y == '-' || y == '_'));
  });
}

class ConfigNode final : public Settings {
 public:
  enum class Kind : std::uint8_t { null, scalar, sequence, map };
  struct Entry {
    std::string key;  // empty in a sequence
    std::unique_ptr<ConfigNode> node;
  };

  Kind kind = Kind::null;
  std::string scalar;
  std::vector<Entry> entries;               // in the order of the file
  std::shared_ptr<const std::string> file;  // where it stands; null: not in a file
  std::uint32_t line = 0, column = 0;       // from 1; 0: unknown

  [[nodiscard]] std::optional<std::string> text(std::string_view path) const override;
  [[nodiscard]] std::vector<std::string> list(std::string_view path) const override;
  [[nodiscard]] bool has(std::string_view path) const override { return find(path) != nullptr; }

  // The node at a dotted path; null when there is none. In a sequence a part of the path is the number of an
  // item, or the key of an item that is a map with one key ("outputs.eve-log").
  [[nodiscard]] const ConfigNode* find(std::string_view path) const;
  [[nodiscard]] const ConfigNode* child(std::string_view name) const;
  [[nodiscard]] ConfigNode* child(std::string_view name) {
    return const_cast<ConfigNode*>(static_cast<const ConfigNode*>(this)->child(name));
  }
  [[nodiscard]] bool is_one_key_map() const { return kind == Kind::map && entries.size() == 1; }

  // Puts `node` under `key` of this map, in place of what was there.
  void put(std::string key, std::unique_ptr<ConfigNode> node);
  // Sets the scalar at a path and makes the nodes that are missing on the way. False when the path has too
  // many parts or an empty one.
  bool assign(std::string_view path, std::string value);
  // A copy of the tree that stops at `budget` nodes (which it counts down); null when there are more.
  [[nodiscard]] std::unique_ptr<ConfigNode> copy(std::size_t& budget) const;

  // What somebody took this scalar for and could not read; null: nothing, or it was told before. Others may
  // read, one may ask.
  [[nodiscard]] const char* take_expected() const;
  void unreadable(std::string_view path, const char* expected) const override;

 private:
  mutable std::atomic<const char*> expected_{nullptr};
  mutable bool told_ = false;
};

inline constexpr std::size_t kMaxConfigDepth = 64;  // nodes above another one
inline constexpr std::size_t kMaxConfigNodes = 200'000;
inline constexpr std::size_t kMaxConfigMapKeys = 8192;

}  // namespace weir::engine
