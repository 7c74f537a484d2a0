#include "engine/query/filter/narrowing.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace weir::engine::filter {
namespace {

// More ports, or networks, narrow nothing down.
constexpr std::size_t kMaxNarrowPorts = 64;
constexpr std::size_t kMaxNarrowNetworks = 65536;

using Ports = std::vector<std::uint16_t>;

// What is asked for; none: nothing.
struct Wanted {
  std::optional<AddressSet> source, destination;  // this side is in the set
  std::optional<AddressSet> one;                  // one of the two is
  std::optional<Ports> ports;                     // one of the two ports is among them

  // One of the two addresses, whatever the filter says of sides.
  [[nodiscard]] const AddressSet* any_side() const {
    if (source) return &*source;
    if (destination) return &*destination;
    return one ? &*one : nullptr;
  }
};

// Both hold: the smaller of two sets says enough.
void keep_smaller(std::optional<AddressSet>& set, std::optional<AddressSet> other) {
  if (other && (!set || other->networks().size() < set->networks().size())) set = std::move(other);
}

void add_demand(Wanted& all, Wanted more) {
  keep_smaller(all.source, std::move(more.source));
  keep_smaller(all.destination, std::move(more.destination));
  keep_smaller(all.one, std::move(more.one));
  if (more.ports && (!all.ports || more.ports->size() < all.ports->size())) all.ports = std::move(more.ports);
}

// One of the two sets; none when there is none of one of them, or it grew too large.
std::optional<AddressSet> united(std::optional<AddressSet> set, const AddressSet* other) {
  if (!set || other == nullptr) return std::nullopt;
  if (set->networks().size() + other->networks().size() > kMaxNarrowNetworks) return std::nullopt;
  for (const IpNetwork& network : other->networks()) set->add(network);
  return set;
}
const AddressSet* pointer_to(const std::optional<AddressSet>& set) {
  return set ? &*set : nullptr;
}

// One of the two holds. What there is of the first one is moved on: a filter may have thousands of alternatives.
Wanted alternative(Wanted a, const Wanted& b) {
  Wanted out;
  const bool same_side = (a.source && b.source) || (a.destination && b.destination);
  if (same_side) {
    out.source = united(std::move(a.source), pointer_to(b.source));
    out.destination = united(std::move(a.destination), pointer_to(b.destination));
  } else {
    std::optional<AddressSet>& any_side = a.source ? a.source : a.destination ? a.destination : a.one;
    out.one = united(std::move(any_side), b.any_side());
  }
  if (a.ports && b.ports && a.ports->size() + b.ports->size() <= kMaxNarrowPorts) {
    out.ports = a.ports;
    out.ports->insert(out.ports->end(), b.ports->begin(), b.ports->end());
  }
  return out;
}

std::optional<Ports> few_ports(const Test& test) {
  Ports out;
  for (const auto& [low, high] : test.ranges) {
    if (high - low >= kMaxNarrowPorts || high > 0xffff) return std::nullopt;
    for (std::uint64_t port = low; port <= high; ++port) out.push_back(static_cast<std::uint16_t>(port));
    if (out.size() > kMaxNarrowPorts) return std::nullopt;
  }
  return out;
}

Wanted wanted_by(const Test& test) {
  Wanted out;
  if (test.subject == Subject::port) out.ports = few_ports(test);
  if (test.subject != Subject::address) return out;
  if (test.ends == Ends::source || test.ends == Ends::both) out.source = test.addresses;
  if (test.ends == Ends::destination || test.ends == Ends::both) out.destination = test.addresses;
  if (test.ends == Ends::either) out.one = test.addresses;
  return out;
}

Wanted wanted_by(const Node& node, bool is_negated) {
  switch (node.kind) {
    case Node::Kind::test: return is_negated ? Wanted{} : wanted_by(node.test);
    case Node::Kind::negation: return wanted_by(node.parts.front(), !is_negated);
    default: break;
  }
  // Not all of them: one does not hold.
  const bool wants_all = (node.kind == Node::Kind::all) != is_negated;
  Wanted out = wanted_by(node.parts.front(), is_negated);
  for (std::size_t i = 1; i < node.parts.size(); ++i) {
    Wanted more = wanted_by(node.parts[i], is_negated);
    if (wants_all)
      add_demand(out, std::move(more));
    else
      out = alternative(std::move(out), more);
  }
  return out;
}

}  // namespace

void narrow(const Node& filter, RecordQuery& query) {
  Wanted wanted = wanted_by(filter, false);
  if (wanted.source && wanted.destination) {
    query.hosts = std::move(*wanted.source);
    query.others = std::move(*wanted.destination);
  } else if (const AddressSet* const hosts = wanted.any_side()) {
    query.hosts = *hosts;
  }
  if (!wanted.ports) return;
  std::sort(wanted.ports->begin(), wanted.ports->end());
  wanted.ports->erase(std::unique(wanted.ports->begin(), wanted.ports->end()), wanted.ports->end());
  query.ports = std::move(*wanted.ports);
}

}  // namespace weir::engine::filter
