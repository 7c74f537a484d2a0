#include "rules/prefilter/address_map.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace weir::rules {
namespace {

// The address behind the last one of a range; none at the end of the space.
std::optional<std::uint32_t> next(std::uint32_t a) { return a == UINT32_MAX ? std::nullopt : std::optional(a + 1); }
std::optional<Ip6Key> next(Ip6Key a) {
  if (++a[1] != 0) return a;
  return ++a[0] != 0 ? std::optional(a) : std::nullopt;
}

}  // namespace

template <class Address, class Ranges>
void AddressMap::build(Segments<Address>& out, const std::vector<std::pair<RuleId, const AddressSet*>>& sets,
                       Ranges ranges) {
  std::map<Address, std::pair<std::vector<RuleId>, std::vector<RuleId>>> changes;  // at an address: begin, end
  for (const auto& [rule, set] : sets) {
    for (const auto& r : ranges(*set)) {
      changes[r.first].first.push_back(rule);
      if (const auto after = next(r.last)) changes[*after].second.push_back(rule);
    }
  }
  std::set<RuleId> active;
  std::map<std::vector<RuleId>, std::uint32_t> known;
  for (const auto& [address, change] : changes) {
    for (const RuleId rule : change.second) active.erase(rule);
    active.insert(change.first.begin(), change.first.end());
    const std::vector<RuleId> list(active.begin(), active.end());
    const auto [it, added] = known.try_emplace(list, static_cast<std::uint32_t>(lists_.size()));
    if (added) lists_.insert(lists_.end(), list.begin(), list.end());
    out.starts.push_back(address);
    out.first.push_back(it->second);
    out.count.push_back(static_cast<std::uint32_t>(list.size()));
  }
}

AddressMap::AddressMap(const std::vector<std::pair<RuleId, const AddressSet*>>& sets) {
  build(v4_, sets, [](const AddressSet& s) -> const auto& { return s.v4(); });
  build(v6_, sets, [](const AddressSet& s) -> const auto& { return s.v6(); });
}

template <class Address>
std::span<const RuleId> AddressMap::find_in(const Segments<Address>& segments, const Address& a) const {
  const auto after = std::upper_bound(segments.starts.begin(), segments.starts.end(), a);
  if (after == segments.starts.begin()) return {};
  const auto i = static_cast<std::size_t>(after - segments.starts.begin()) - 1;
  return std::span(lists_).subspan(segments.first[i], segments.count[i]);
}

std::span<const RuleId> AddressMap::find(const IpAddress& a) const {
  if (a.family == 4) return find_in(v4_, a.v4_host_order());
  if (a.family == 6) return find_in(v6_, ip6_key(a));
  return {};
}

}  // namespace weir::rules
