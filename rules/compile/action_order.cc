#include "rules/compile/action_order.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::rules {
namespace {

constexpr std::array<std::string_view, 4> kNames{"pass", "drop", "reject", "alert"};

std::size_t kind_of(Action action) {
  switch (action) {
    case Action::pass: return 0;
    case Action::drop: return 1;
    case Action::reject:
    case Action::reject_dst:
    case Action::reject_both: return 2;
    case Action::alert:
    case Action::config: break;
  }
  return 3;
}

}  // namespace

tl::expected<ActionOrder, std::string> ActionOrder::parse(std::span<const std::string> names) {
  ActionOrder out;
  std::array<bool, kKinds> placed{};
  std::uint8_t next = 0;
  for (const std::string& name : names) {
    const auto* const found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end())
      return tl::unexpected(
          fmt::format("'{}' is not an action; there are {}", name, fmt::join(kNames, ", ")));
    const auto kind = static_cast<std::size_t>(found - kNames.begin());
    if (placed[kind]) return tl::unexpected(fmt::format("'{}' comes twice", name));
    placed[kind] = true;
    out.ranks_[kind] = next++;
  }
  for (std::size_t kind = 0; kind < kKinds; ++kind)
    if (!placed[kind]) out.ranks_[kind] = next++;
  return out;
}

std::uint8_t ActionOrder::rank(Action action) const {
  return ranks_[kind_of(action)];
}

}  // namespace weir::rules
