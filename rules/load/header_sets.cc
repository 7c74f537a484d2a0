#include "rules/load/header_sets.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <optional>
#include <type_traits>

#include <fmt/format.h>

#include "decoders/text.h"


namespace weir::rules {
namespace {

using Refusal = std::optional<std::string>;  // why an item is wrong

// --- addresses

Refusal add_range(AddressSet& set, const IpAddress& first, const IpAddress& last) {
  if (first.family != last.family) return "a range of two address families";
  if (last < first) return "the range ends before it begins";
  if (first.family == 4)
    set.add(first.v4_host_order(), last.v4_host_order());
  else
    set.add(ip6_key(first), ip6_key(last));
  return std::nullopt;
}

// Bits of "/24" or "/255.255.255.0"; none when it is neither.
std::optional<unsigned> prefix_length(std::string_view text, std::uint8_t family) {
  const unsigned longest = family == 4 ? 32 : 128;
  if (const auto bits = parse_number<unsigned>(text)) return *bits <= longest ? bits : std::nullopt;
  const auto mask = parse_address(text);
  if (!mask || mask->family != 4 || family != 4) return std::nullopt;
  const auto ones = static_cast<unsigned>(std::countl_one(mask->v4_host_order()));
  const bool contiguous = static_cast<unsigned>(std::popcount(mask->v4_host_order())) == ones;
  return contiguous ? std::optional(ones) : std::nullopt;
}

Refusal add_network(AddressSet& set, IpAddress first, unsigned bits) {
  IpAddress last = first;
  const std::size_t size = first.family == 4 ? 4 : 16;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t before = i * 8;
    const unsigned kept = bits <= before ? 0 : std::min(bits - static_cast<unsigned>(before), 8U);
    const auto mask = static_cast<std::uint8_t>(0xff00U >> kept);
    first.bytes[i] &= mask;
    last.bytes[i] = static_cast<std::uint8_t>(first.bytes[i] | (~mask & 0xffU));
  }
  return add_range(set, first, last);
}

Refusal add_one(AddressSet& set, std::string_view item) {
  if (const std::size_t slash = item.find('/'); slash != std::string_view::npos) {
    const auto address = parse_address(trim(item.substr(0, slash)));
    if (!address) return "not an IP address";
    const auto bits = prefix_length(trim(item.substr(slash + 1)), address->family);
    if (!bits) return "not a prefix length or netmask";
    return add_network(set, *address, *bits);
  }
  if (const std::size_t dash = item.find('-'); dash != std::string_view::npos) {
    const auto first = parse_address(trim(item.substr(0, dash)));
    const auto last = parse_address(trim(item.substr(dash + 1)));
    if (!first || !last) return "not a range of IP addresses";
    return add_range(set, *first, *last);
  }
  const auto address = parse_address(item);
  if (!address) return "not an IP address";
  return add_range(set, *address, *address);
}

// --- ports

Refusal add_one(PortSet& set, std::string_view item) {
  const std::size_t colon = item.find(':');
  const std::string_view from = trim(item.substr(0, colon));
  const std::string_view to = colon == std::string_view::npos ? from : trim(item.substr(colon + 1));
  if (from.empty() && to.empty()) return "a range without a port";
  const auto first = from.empty() ? std::uint16_t{0} : parse_number<std::uint16_t>(from);
  const auto last = to.empty() ? std::uint16_t{65535} : parse_number<std::uint16_t>(to);
  if (!first || !last) return "not a port";
  if (*last < *first) return "the range ends before it begins";
  set.add(*first, *last);
  return std::nullopt;
}

}  // namespace

template <class Set>
std::uint32_t SetReader<Set>::offset_of(std::string_view part) const {
  // Text of a variable lies elsewhere: the place is then where the rule names the variable.
  const std::less_equal<const char*> not_after;
  const bool here =
      not_after(text_.data(), part.data()) && not_after(part.data(), text_.data() + text_.size());
  return here ? static_cast<std::uint32_t>(part.data() - text_.data()) : variable_offset_;
}

template <class Set>
tl::unexpected<SetError> SetReader<Set>::fail(std::string reason, std::string_view part) const {
  return tl::unexpected(SetError{std::move(reason), std::string(clip(part)), offset_of(part)});
}

template <class Set>
auto SetReader<Set>::read(std::string_view text) -> Result {
  text = trim(text);
  if (text == "any") return Set::shared_any();
  if (const auto found = cache_.find(text); found != cache_.end()) return found->second;
  text_ = text;
  variable_offset_ = 0;
  Split split;
  if (auto done = read_items(text, split, 0); !done) return tl::unexpected(std::move(done.error()));
  auto set = resolve(split, text);
  if (!set) return tl::unexpected(std::move(set.error()));
  auto shared = set->is_any() ? Set::shared_any() : std::make_shared<const Set>(std::move(*set));
  cache_.emplace(text, shared);
  return shared;
}

template <class Set>
auto SetReader<Set>::read_items(std::string_view list, Split& into, unsigned depth) -> Done {
  if (depth > kMaxSetDepth) return fail("lists and variables nest too deep", list);
  std::size_t start = 0, open = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    const bool end = i == list.size();
    if (!end && list[i] == '[') ++open;
    if (!end && list[i] == ']' && open-- == 0)
      return fail("a bracket is closed that was not opened", list.substr(i));
    if (!end && (list[i] != ',' || open > 0)) continue;
    if (end && open > 0) return fail("a bracket is not closed", list);
    if (auto done = read_item(trim(list.substr(start, i - start)), into, depth); !done) return done;
    start = i + 1;
  }
  return {};
}

template <class Set>
auto SetReader<Set>::read_item(std::string_view item, Split& into, unsigned depth) -> Done {
  if (item.empty()) return fail("an empty item", item);
  if (item[0] == '!') return read_negated(trim(item.substr(1)), into, depth);
  if (item[0] == '[') {
    if (item.back() != ']') return fail("something stands behind a closing bracket", item);
    return read_items(item.substr(1, item.size() - 2), into, depth + 1);
  }
  if (item[0] == '$') {
    const auto split = variable(item, depth + 1);
    if (!split) return tl::unexpected(split.error());
    into.plain.add((*split)->plain);
    into.negated.add((*split)->negated);
    into.has_plain |= (*split)->has_plain;
    into.has_negated |= (*split)->has_negated;
    return {};
  }
  into.has_plain = true;
  if (item == "any") {
    into.plain = Set::any();
  } else if (Refusal wrong = add_one(into.plain, item)) {
    return fail(std::move(*wrong), item);
  }
  return {};
}

template <class Set>
auto SetReader<Set>::read_negated(std::string_view item, Split& into, unsigned depth) -> Done {
  if (item.empty()) return fail("nothing follows the negation", item);
  if (item[0] == '!') return fail("a negation of a negation", item);
  if (item == "any") return fail("\"!any\" matches nothing", item);
  into.has_negated = true;
  if (item[0] != '[' && item[0] != '$') {
    if (Refusal wrong = add_one(into.negated, item)) return fail(std::move(*wrong), item);
    return {};
  }
  Split inner;
  if (auto done = read_item(item, inner, depth); !done) return done;
  const auto set = resolve(inner, item);
  if (!set) return tl::unexpected(set.error());
  into.negated.add(*set);
  return {};
}

template <class Set>
auto SetReader<Set>::variable(std::string_view reference, unsigned depth)
    -> tl::expected<const Split*, SetError> {
  const std::string name(reference.substr(1));
  const auto text = variables_.find(name);
  if (text == variables_.end()) return fail("the variable is not defined", reference);
  const auto [entry, fresh] = read_variables_.try_emplace(name);
  Variable& variable = entry->second;
  if (variable.complete) return &variable.split;
  if (!fresh) return fail("the variable contains itself", reference);
  const std::uint32_t outer = variable_offset_;
  variable_offset_ = offset_of(reference);
  auto done = read_items(trim(text->second), variable.split, depth);
  variable_offset_ = outer;
  if (!done) {
    read_variables_.erase(name);
    done.error().reason += fmt::format(", in ${}", name);
    done.error().in_variable = true;
    return tl::unexpected(std::move(done.error()));
  }
  variable.complete = true;
  return &variable.split;
}

template <class Set>
auto SetReader<Set>::resolve(const Split& split, std::string_view text) const -> tl::expected<Set, SetError> {
  Set set = split.has_plain ? split.plain : Set::any();
  if (split.has_negated) {
    set.subtract(split.negated);
    if constexpr (std::is_same_v<Set, AddressSet>) set.note_negation();
  }
  if (set.empty()) return fail("the list leaves nothing to match", text);
  return set;
}

template class SetReader<AddressSet>;
template class SetReader<PortSet>;

}  // namespace weir::rules
