// A set of IPv4 and IPv6 addresses, as a rule's header or a variable gives it.
//
// Kept as sorted, disjoint, inclusive ranges per family, so that negation and nesting are set operations at load time
// and `contains` is a binary search: O(log n), no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "decoders/ip_address.h"

namespace weir::rules {

using Ip6Key = std::array<std::uint64_t, 2>;  // host order, most significant word first

class AddressSet {
 public:
  struct Range4 {
    std::uint32_t first, last;
  };
  struct Range6 {
    Ip6Key first, last;
  };

  static AddressSet any();
  // One set for all rules that say "any".
  static const std::shared_ptr<const AddressSet>& shared_any();
  [[nodiscard]] bool is_any() const;
  // Something was taken out of it ("!10.0.0.0/8"): such rules run on every packet, others about addresses alone once a
  // flow and direction.
  [[nodiscard]] bool has_negation() const { return has_negation_; }
  void note_negation() { has_negation_ = true; }
  [[nodiscard]] bool empty() const { return v4_.empty() && v6_.empty(); }
  [[nodiscard]] bool contains(const IpAddress& a) const;
  [[nodiscard]] const std::vector<Range4>& v4() const { return v4_; }
  [[nodiscard]] const std::vector<Range6>& v6() const { return v6_; }

  // Adding in ascending order is O(1), else O(n).
  void add(std::uint32_t first, std::uint32_t last);  // host order, inclusive; first <= last
  void add(const Ip6Key& first, const Ip6Key& last);
  void add(const AddressSet& other);
  void subtract(const AddressSet& other);

 private:
  bool has_negation_ = false;
  std::vector<Range4> v4_;
  std::vector<Range6> v6_;
};

Ip6Key ip6_key(const IpAddress& a);

// "10.0.0.1", "2001:db8::1" (any spelling of RFC 4291); no netmask, no brackets.
std::optional<IpAddress> parse_address(std::string_view text);

}  // namespace weir::rules
