// From an address to the rules that name it: the lists of thousands of addresses that indicator rules carry, looked up
// in one binary search however many rules there are.
//
// Immutable after build; O(log ranges), no allocation.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "rules/prefilter/pattern_set.h"
#include "rules/values/address_set.h"

namespace weir::rules {

class AddressMap {
 public:
  AddressMap() = default;
  explicit AddressMap(const std::vector<std::pair<RuleId, const AddressSet*>>& sets);
  // In ascending order; empty for an address of no family.
  [[nodiscard]] std::span<const RuleId> find(const IpAddress& a) const;

 private:
  // The address space cut where the set of rules changes: segment i reaches from starts[i] to starts[i + 1], and its
  // rules are lists[first[i] .. first[i] + count[i]].
  template <class Address>
  struct Segments {
    std::vector<Address> starts;
    std::vector<std::uint32_t> first, count;
  };
  template <class Address, class Ranges>
  void build(Segments<Address>& out, const std::vector<std::pair<RuleId, const AddressSet*>>& sets, Ranges ranges);
  template <class Address>
  [[nodiscard]] std::span<const RuleId> find_in(const Segments<Address>& segments, const Address& a) const;

  Segments<std::uint32_t> v4_;
  Segments<Ip6Key> v6_;
  std::vector<RuleId> lists_;
};

}  // namespace weir::rules
