// What the receiver of a datagram makes of its fragments, by its address.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "decoders/ip_network.h"
#include "engine/config/config.h"
#include "engine/defrag/fragment_intervals.h"
#include "engine/tcp/host_system.h"

namespace weir::engine {

class HostOsPolicies;

// Which of two overlapping fragments a system believes (Novak, "Target-Based Fragmentation Reassembly", 2005).
FragmentPolicy fragment_policy(HostSystem system);

// Immutable once filled; linear in what the configuration names, so it is asked once a datagram.
struct FragmentReceivers {
  struct Patience {
    IpNetwork network;
    std::uint32_t timeout_s = 0;
  };
  std::uint32_t timeout_s = 60;                   // of all others
  std::vector<Patience> timeouts;                 // longest prefix first
  std::shared_ptr<const HostOsPolicies> host_os;  // null: bsd for all

  // defrag.timeout and the time-outs of defrag.host-config; host_os is the caller's to set. Addresses that cannot be
  // read are left out, and told; "any" stands for all of both families.
  static FragmentReceivers from(const Config& root);
  [[nodiscard]] std::uint32_t timeout_of(const IpAddress& receiver) const;
  [[nodiscard]] FragmentPolicy policy_of(const IpAddress& receiver) const;
};

}  // namespace weir::engine
