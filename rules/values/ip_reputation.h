// What is known of addresses, by category: which are listed, each with a score. For rules with iprep.
//
// Filled when rules load (rules/load/reputation_files.h), and immutable from then on: look-ups may come from any thread, without a lock
// or an allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "decoders/ip_network.h"

namespace weir::rules {

inline constexpr std::uint8_t kMaxReputationCategory = 60;  // categories count from 1 to this, as in Suricata
inline constexpr std::size_t kMaxCategoryName = 64;         // bytes of a short name
inline constexpr std::uint8_t kMaxReputationScore = 127;
inline constexpr std::size_t kMaxReputations = 4'000'000;  // of all categories together

class IpReputation {
 public:
  // False: the number or the name is another category's. The number must be from 1 to kMaxReputationCategory.
  bool name_category(std::uint8_t number, std::string_view name);
  [[nodiscard]] std::optional<std::uint8_t> category(
      std::string_view name) const;  // upper and lower case differ
  [[nodiscard]] bool has_category(std::uint8_t number) const;
  [[nodiscard]] std::size_t categories() const;

  // The category must be there. Of what is added again the last score counts. False: there are kMaxReputations.
  bool add(const IpNetwork& network, std::uint8_t category, std::uint8_t score);
  // Of the longest network in this category that has the address; none: it is not listed there. Costs a hash look-up for each length
  // of networks in the category.
  [[nodiscard]] std::optional<std::uint8_t> score(const IpAddress& address, std::uint8_t category) const;
  [[nodiscard]] std::size_t size() const { return scores_.size(); }

 private:
  struct Key {
    IpAddress address;  // bits beyond the network's are 0
    std::uint8_t bits = 0, category = 0;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  struct Category {
    std::string name;                                  // empty: there is no such category
    std::array<std::vector<std::uint8_t>, 2> lengths;  // of its networks, by family (4, 6), the longest first
  };

  std::array<Category, kMaxReputationCategory + 1> categories_;  // by number
  std::unordered_map<Key, std::uint8_t, Hash> scores_;
};

}  // namespace weir::rules
