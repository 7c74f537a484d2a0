#include "engine/query/address_set.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace weir::engine {
namespace {

std::size_t place_of(std::uint8_t family) {
  return family == 6 ? 1 : 0;
}
std::uint8_t whole(std::uint8_t family) {
  return family == 6 ? 128 : 32;
}

}  // namespace

std::size_t AddressSet::Hash::operator()(const IpNetwork& network) const {
  std::uint64_t halves[2];
  std::memcpy(halves, network.address.bytes.data(), sizeof halves);
  std::uint64_t hash = halves[0] * 0x9E3779B97F4A7C15ULL ^ (halves[1] + network.bits) * 0xC2B2AE3D27D4EB4FULL;
  hash ^= hash >> 29U;
  hash *= 0x165667B19E3779F9ULL;
  return static_cast<std::size_t>(hash ^ (hash >> 32U));
}

void AddressSet::add(const IpNetwork& network) {
  const IpNetwork kept{IpNetwork::prefix(network.address, network.bits), network.bits};
  if (!known_.insert(kept).second) return;
  networks_.push_back(kept);
  auto& lengths = lengths_[place_of(kept.address.family)];
  if (std::find(lengths.begin(), lengths.end(), kept.bits) == lengths.end()) lengths.push_back(kept.bits);
  only_addresses_ = only_addresses_ && kept.bits == whole(kept.address.family);
}

void AddressSet::add(const IpAddress& address) {
  add(IpNetwork{address, whole(address.family)});
}

bool AddressSet::contains(const IpAddress& address) const {
  if (address.family == 0) return false;
  const auto& lengths = lengths_[place_of(address.family)];
  return std::any_of(lengths.begin(), lengths.end(), [&](std::uint8_t bits) {
    return known_.contains(IpNetwork{IpNetwork::prefix(address, bits), bits});
  });
}

}  // namespace weir::engine
