// Whose bytes win when TCP segments overlap with different content: it depends on the receiver's system
// (Novak and Sturges, "Target-Based TCP Stream Reassembly", 2007).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::engine {

enum class HostSystem : std::uint8_t {
  bsd,
  first,
  last,
  bsd_right,
  old_linux,
  linux_,
  old_solaris,
  solaris,
  hpux10,
  hpux11,
  irix,
  macos,
  windows,
  vista,
  windows2k3
};

// The keys of `host-os-policy:` ("old-linux", "windows2k3").
std::optional<HostSystem> host_system(std::string_view name);

struct Extent {
  std::uint64_t begin = 0, end = 0;  // stream offsets, end not included
};

// Does the later segment's content replace that of the earlier one where they overlap?
bool later_wins(HostSystem policy, const Extent& earlier, const Extent& later);

// Does this system replace even bytes that it has in order, and may have read? Those that a rule writer asks for by these
// names, as Suricata does.
bool replaces_in_order(HostSystem policy);

// Does this system take a RST that is somewhere in the window, or only one at the next expected sequence
// number?
bool accepts_reset_in_window(HostSystem policy);

}  // namespace weir::engine
