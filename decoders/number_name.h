// Numbers of a protocol that have names: what logs show and what rules may write in place of the number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

namespace weir {

struct NumberName {
  std::uint64_t number;
  std::string_view name;
};

// Empty when it has none. Rows stand in any order: linear in them.
constexpr std::string_view name_in(std::span<const NumberName> rows, std::uint64_t number) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [number](const NumberName& r) { return r.number == number; });
  return found == rows.end() ? std::string_view{} : found->name;
}
// The same of rows that stand in the order of their numbers: by halves.
constexpr std::string_view name_in_sorted(std::span<const NumberName> rows, std::uint64_t number) {
  const auto at = std::lower_bound(rows.begin(), rows.end(), number,
                                   [](const NumberName& r, std::uint64_t n) { return r.number < n; });
  return at == rows.end() || at->number != number ? std::string_view{} : at->name;
}

}  // namespace weir
