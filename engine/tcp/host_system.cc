#include "engine/tcp/host_system.h"

#include <array>
#include <utility>

namespace weir::engine {
namespace {

using Policy = HostSystem;

constexpr std::array<std::pair<std::string_view, Policy>, 16> kNames{{
    {"bsd", Policy::bsd},
    {"first", Policy::first},
    {"last", Policy::last},
    {"bsd-right", Policy::bsd_right},
    {"old-linux", Policy::old_linux},
    {"linux", Policy::linux_},
    {"old-solaris", Policy::old_solaris},
    {"solaris", Policy::solaris},
    {"hpux10", Policy::hpux10},
    {"hpux11", Policy::hpux11},
    {"irix", Policy::irix},
    {"macos", Policy::macos},
    {"windows", Policy::windows},
    {"vista", Policy::vista},
    {"windows2k3", Policy::windows2k3},
    {"mac-os", Policy::macos},
}};

}  // namespace

std::optional<HostSystem> host_system(std::string_view name) {
  for (const auto& [known, policy] : kNames)
    if (known == name) return policy;
  return std::nullopt;
}

bool later_wins(HostSystem policy, const Extent& earlier, const Extent& later) {
  const bool begins_before = later.begin < earlier.begin;
  const bool begins_same = later.begin == earlier.begin;
  switch (policy) {
    case Policy::first:
    case Policy::vista: return false;
    case Policy::last: return true;
    case Policy::linux_: return begins_before || (begins_same && later.end > earlier.end);
    case Policy::old_linux: return begins_before || (begins_same && later.end >= earlier.end);
    case Policy::bsd_right: return later.begin >= earlier.begin;
    case Policy::solaris:
    case Policy::hpux11:
      return earlier.end <= later.end && !(earlier.begin < later.begin && earlier.end >= later.end);
    default: return begins_before;
  }
}

bool replaces_in_order(HostSystem policy) {
  return policy == Policy::last || policy == Policy::old_linux || policy == Policy::bsd_right;
}

bool accepts_reset_in_window(HostSystem policy) {
  return policy == Policy::old_linux || policy == Policy::linux_ || policy == Policy::solaris;
}

}  // namespace weir::engine
