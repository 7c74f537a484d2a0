// A named set of values that rules look buffers up in (dataset, datarep), perhaps with a reputation each.
//
// Loaded once from a file below the data directory, one value a line; rules with `dataset:set` and `unset`
// change it while traffic is looked at, from all workers at once. Bounded by kMaxDatasetEntries and
// kMaxDatasetValue; a full set takes nothing more. Look-ups are O(1) under a shared lock; the key of the
// hash is random.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "rules/language/diagnostic.h"

namespace weir::rules {

inline constexpr std::size_t kMaxDatasetEntries = 4'000'000;
inline constexpr std::size_t kMaxDatasetValue = 65535;  // bytes of one value
inline constexpr std::size_t kMaxDatasetFile = std::size_t{256} << 20U;

// How a value stands in the file: base64, hex digits, hex digits, address, address. In memory it is the raw
// bytes.
enum class DatasetType : std::uint8_t { string, md5, sha256, ipv4, ip };
std::optional<DatasetType> dataset_type(std::string_view name);

class Dataset {
 public:
  explicit Dataset(DatasetType type);
  [[nodiscard]] DatasetType type() const { return type_; }

  // Adds the values of a file; `with_reputation`: lines are "VALUE,NUMBER". Fails with line and text.
  Compiled load(std::string_view text, bool with_reputation);

  // Called at load for each rule that adds or removes values. Without such a rule the set never changes, and looking
  // something up need not wait for its turn.
  void rules_change_it() { changes_ = true; }
  [[nodiscard]] bool changes() const { return changes_; }

  [[nodiscard]] bool contains(std::string_view value) const;
  [[nodiscard]] std::optional<std::uint16_t> reputation(std::string_view value) const;
  bool add(std::string_view value);     // true when it was not there, and there was room
  bool remove(std::string_view value);  // true when it was there

 private:
  struct KeyedHash {
    using is_transparent = void;
    std::uint64_t seed;
    std::size_t operator()(std::string_view value) const;
  };
  using Values = std::unordered_map<std::string, std::uint16_t, KeyedHash, std::equal_to<>>;

  [[nodiscard]] bool fits(std::size_t bytes) const;
  [[nodiscard]] std::optional<std::string> decode(std::string_view text) const;

  DatasetType type_;
  bool changes_ = false;
  mutable std::shared_mutex lock_;
  Values values_;
};

class RuleBuilder;
// The text of a file below the data directory, which the rule names. Refuses absolute names and those that lead
// out of it.
tl::expected<std::string, KeywordError> read_data_file(RuleBuilder& rule, std::string_view name);

}  // namespace weir::rules
