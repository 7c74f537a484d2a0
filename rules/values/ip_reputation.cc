#include "rules/values/ip_reputation.h"

#include <algorithm>
#include <functional>
#include <type_traits>

#include <xxhash.h>

namespace weir::rules {
namespace {

std::size_t family_index(const IpAddress& address) {
  return address.family == 6 ? 1 : 0;
}

}  // namespace

std::size_t IpReputation::Hash::operator()(const Key& key) const {
  static_assert(std::has_unique_object_representations_v<Key>);
  return XXH3_64bits(&key, sizeof key);
}

bool IpReputation::name_category(std::uint8_t number, std::string_view name) {
  if (has_category(number) || category(name)) return false;
  categories_[number].name = name;
  return true;
}

std::optional<std::uint8_t> IpReputation::category(std::string_view name) const {
  const auto* const found = std::find_if(categories_.begin(), categories_.end(), [&](const Category& c) {
    return !c.name.empty() && c.name == name;
  });
  if (found == categories_.end()) return std::nullopt;
  return static_cast<std::uint8_t>(found - categories_.begin());
}

bool IpReputation::has_category(std::uint8_t number) const {
  return number < categories_.size() && !categories_[number].name.empty();
}

std::size_t IpReputation::categories() const {
  return static_cast<std::size_t>(std::count_if(categories_.begin(), categories_.end(),
                                                [](const Category& c) { return !c.name.empty(); }));
}

bool IpReputation::add(const IpNetwork& network, std::uint8_t category, std::uint8_t score) {
  const Key key{IpNetwork::prefix(network.address, network.bits), network.bits, category};
  if (const auto known = scores_.find(key); known != scores_.end()) {
    known->second = score;
    return true;
  }
  if (scores_.size() >= kMaxReputations) return false;
  auto& lengths = categories_[category].lengths[family_index(network.address)];
  const auto place = std::lower_bound(lengths.begin(), lengths.end(), network.bits, std::greater<>{});
  if (place == lengths.end() || *place != network.bits) lengths.insert(place, network.bits);
  scores_.emplace(key, score);
  return true;
}

std::optional<std::uint8_t> IpReputation::score(const IpAddress& address, std::uint8_t category) const {
  if (address.family == 0) return std::nullopt;
  for (const std::uint8_t bits : categories_[category].lengths[family_index(address)]) {
    const auto found = scores_.find({IpNetwork::prefix(address, bits), bits, category});
    if (found != scores_.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace weir::rules
