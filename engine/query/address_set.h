// Addresses and networks that a question is about: a look-up costs a hash for each length of prefix there is, however many networks.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <unordered_set>
#include <vector>

#include "decoders/ip_network.h"

namespace weir::engine {

class AddressSet {
 public:
  AddressSet() = default;
  explicit AddressSet(const std::vector<IpNetwork>& networks) {
    for (const IpNetwork& network : networks) add(network);
  }
  void add(const IpNetwork& network);
  void add(const IpAddress& address);

  [[nodiscard]] bool empty() const { return networks_.empty(); }
  [[nodiscard]] bool contains(const IpAddress& address) const;
  // All of them, in the order in which they were added, each once.
  [[nodiscard]] const std::vector<IpNetwork>& networks() const { return networks_; }
  // No network that is more than one address: so a Bloom filter can be asked.
  [[nodiscard]] bool only_addresses() const { return only_addresses_; }

 private:
  struct Hash {
    std::size_t operator()(const IpNetwork& network) const;
  };
  struct Same {
    bool operator()(const IpNetwork& a, const IpNetwork& b) const {
      return a.bits == b.bits && a.address == b.address;
    }
  };
  std::unordered_set<IpNetwork, Hash, Same> known_;  // bits beyond the prefix are 0
  std::vector<IpNetwork> networks_;
  std::array<std::vector<std::uint8_t>, 2> lengths_;  // of prefixes that are there, by family (4, 6)
  bool only_addresses_ = true;
};

}  // namespace weir::engine
