// A named set of values that rules look buffers up in (dataset, datarep), perhaps with a reputation each, or with a JSON
// object that alerts show.
//
// Filled from a list when rules load (rules/state/dataset_list.h); rules with `dataset:set` and `unset` and the control
// socket change it while traffic is looked at, from all workers at once. Bounded by its memcap, kMaxDatasetEntries and
// kMaxDatasetValue; a full set takes nothing more. Look-ups are O(1) under a shared lock; the key of the hash is random.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/language/diagnostic.h"

namespace weir::rules {

inline constexpr std::size_t kMaxDatasetEntries = 4'000'000;
inline constexpr std::size_t kMaxDatasetValue = 65535;  // bytes of one value
inline constexpr std::size_t kMaxDatasetFile = std::size_t{256} << 20U;
inline constexpr std::size_t kDatasetEntryBytes =
    64;  // what a value costs beside its bytes, as a memcap counts it
inline constexpr std::uint64_t kDefaultDatasetMemcap = std::uint64_t{100} << 20U;  // Suricata's
inline constexpr std::uint32_t kDefaultDatasetHashSize = 2048;

// How a value stands in the file: base64, hex digits, hex digits, address, address. In memory it is the raw
// bytes.
enum class DatasetType : std::uint8_t { string, md5, sha256, ipv4, ip };
std::optional<DatasetType> dataset_type(std::string_view name);
std::string_view dataset_type_name(DatasetType type);

// One value a line; one JSON document with an array of objects; one JSON object a line.
enum class DatasetFormat : std::uint8_t { csv, json, ndjson };

// What a set is and where its values come from. Who names a set again must mean the same.
struct DatasetSource {
  DatasetType type = DatasetType::string;
  DatasetFormat format = DatasetFormat::csv;
  bool with_reputation = false;  // lines are "VALUE,NUMBER"
  bool configured = false;       // by the configuration, not by a rule
  std::string load;              // file that is read when the set is made; empty: none
  std::string save;              // file that it is written to at the end and on demand; empty: none
  bool may_be_missing = false;   // `load`: the run before has made none yet
  std::string value_key,
      array_key;  // JSON: paths ("host.fqdn") of the value in its object, of the array in the document
  bool remove_key = false;                             // JSON: alerts do not show the value itself
  std::uint64_t memcap_bytes = kDefaultDatasetMemcap;  // 0: no limit
  std::uint32_t hash_size = kDefaultDatasetHashSize;   // values that there is room for at once
  bool operator==(const DatasetSource&) const = default;
  // Its values are this run's own: a reload leaves them as they are.
  [[nodiscard]] bool is_dynamic() const { return configured || load.empty() || !save.empty(); }
};

class Dataset {
 public:
  explicit Dataset(DatasetSource source);
  explicit Dataset(DatasetType type) : Dataset(DatasetSource{.type = type}) {}
  [[nodiscard]] DatasetType type() const { return source_.type; }
  [[nodiscard]] const DatasetSource& source() const { return source_; }

  // Called at load for each rule that adds or removes values. Without such a rule the set never changes by traffic, and
  // looking something up need not wait for its turn.
  void rules_change_it() { changes_ = true; }
  [[nodiscard]] bool changes() const { return changes_; }

  // A value's number and object; replaces those of a value that is there.
  struct Facts {
    std::uint16_t reputation = 0;
    std::string context;  // JSON object; empty: none
  };
  enum class Put : std::uint8_t { added, was_there, wrong_size, full };

  [[nodiscard]] bool contains(std::string_view value) const;
  // The same; calls f(text) with the value's JSON object, when it has one. The text is f's for the length of the call.
  template <class F>
  bool contains(std::string_view value, F&& f) const {
    const std::shared_lock guard(lock_);
    const auto found = values_.find(value);
    if (found == values_.end()) return false;
    if (found->second.context != nullptr) f(std::string_view(*found->second.context));
    return true;
  }
  [[nodiscard]] std::optional<std::uint16_t> reputation(std::string_view value) const;
  bool add(std::string_view value);  // true when it was not there, and there was room
  Put put(std::string_view value, Facts facts);
  bool remove(std::string_view value);  // true when it was there
  void clear();
  [[nodiscard]] std::size_t size() const;
  // All values with their reputations, in the order of their bytes.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint16_t>> values() const;

 private:
  struct KeyedHash {
    using is_transparent = void;
    std::uint64_t seed;
    std::size_t operator()(std::string_view value) const;
  };
  struct Entry {
    std::uint16_t reputation = 0;
    std::unique_ptr<const std::string> context;
  };
  using Values = std::unordered_map<std::string, Entry, KeyedHash, std::equal_to<>>;

  [[nodiscard]] bool fits(std::size_t bytes) const;
  [[nodiscard]] bool has_room(std::uint64_t bytes) const;
  static std::uint64_t cost(std::string_view value, const Entry& entry);

  DatasetSource source_;
  bool changes_ = false;
  mutable std::shared_mutex lock_;
  Values values_;
  std::uint64_t bytes_ = 0;  // that count for the memcap
};

}  // namespace weir::rules
