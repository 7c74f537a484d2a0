// Sorted, disjoint, inclusive ranges over an ordered number type: what AddressSet and PortSet are made of.
//
// A range is any struct with `first` and `last`. Neighbours ([1,2] and [3,4]) are merged.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <vector>

namespace weir::rules::range_list {

template <std::unsigned_integral T>
constexpr T lowest(T) {
  return 0;
}
template <std::unsigned_integral T>
constexpr T highest(T) {
  return std::numeric_limits<T>::max();
}
// The neighbours of a value; the caller knows that there is one.
template <std::unsigned_integral T>
constexpr T next(T v) {
  return static_cast<T>(v + 1);
}
template <std::unsigned_integral T>
constexpr T previous(T v) {
  return static_cast<T>(v - 1);
}

using Pair = std::array<std::uint64_t, 2>;
constexpr Pair lowest(const Pair&) {
  return {0, 0};
}
constexpr Pair highest(const Pair&) {
  return {UINT64_MAX, UINT64_MAX};
}
constexpr Pair next(const Pair& v) {
  return {v[0] + (v[1] == UINT64_MAX ? 1 : 0), v[1] + 1};
}
constexpr Pair previous(const Pair& v) {
  return {v[0] - (v[1] == 0 ? 1 : 0), v[1] - 1};
}

// Adds one range, merging what it meets.
template <class Range>
void add(std::vector<Range>& list, Range added) {
  const auto touches = [&](const Range& r) {  // r lies wholly below `added`, with a hole between
    return r.last < added.first && next(r.last) < added.first;
  };
  auto from = list.end();
  if (!list.empty() && !touches(list.back())) from = std::partition_point(list.begin(), list.end(), touches);
  auto to = from;
  while (to != list.end() && (to->first <= added.last || previous(to->first) == added.last)) ++to;
  if (from == to) {
    list.insert(from, added);
    return;
  }
  added.first = std::min(added.first, from->first);
  added.last = std::max(added.last, (to - 1)->last);
  *from = added;
  list.erase(from + 1, to);
}

// What is in `all` but not in `removed`.
template <class Range>
std::vector<Range> subtract(const std::vector<Range>& all, const std::vector<Range>& removed) {
  std::vector<Range> out;
  auto hole = removed.begin();
  for (Range r : all) {
    while (hole != removed.end() && hole->last < r.first) ++hole;
    bool left = true;
    for (auto h = hole; left && h != removed.end() && h->first <= r.last; ++h) {
      if (h->first > r.first) out.push_back({r.first, previous(h->first)});
      left = h->last < r.last;
      if (left) r.first = next(h->last);
    }
    if (left) out.push_back(r);
  }
  return out;
}

template <class Range, class Value>
bool contains(const std::vector<Range>& list, const Value& v) {
  const auto r = std::partition_point(list.begin(), list.end(), [&](const Range& x) { return x.last < v; });
  return r != list.end() && r->first <= v;
}

}  // namespace weir::rules::range_list
