// Suricata's `stream:` section, and what `host-os-policy:` says about the systems behind the addresses.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "decoders/ip_network.h"
#include "decoders/settings.h"
#include "engine/tcp/host_system.h"

namespace weir::engine {

// Which system an address runs, for overlap and reset behaviour. Immutable.
class HostOsPolicies {
 public:
  // `root` is the whole configuration; addresses that cannot be read are left out, and told.
  static std::shared_ptr<const HostOsPolicies> from(const Settings& root);
  // The policy of the longest prefix that holds the address; bsd without any.
  [[nodiscard]] HostSystem of(const IpAddress& address) const;
  [[nodiscard]] bool knows(const IpAddress& address) const { return find(address) != nullptr; }
  [[nodiscard]] bool empty() const { return networks_.empty(); }

 private:
  struct Network {
    IpNetwork network;
    HostSystem policy = HostSystem::bsd;
  };
  [[nodiscard]] const Network* find(const IpAddress& address) const;

  std::vector<Network> networks_;  // longest prefix first
};

// What becomes of the byte that the urgent pointer marks.
enum class UrgentPolicy : std::uint8_t {
  drop,     // the whole segment stays out of the stream
  as_data,  // "inline": it is a byte like any other
  oob,      // it is taken out, and the stream closes over it (RFC 6093, 3.1)
  gap       // it is left out, as a hole of one byte
};

struct StreamSettings {
  std::uint64_t memcap_bytes = 64ULL << 20U;
  std::uint64_t reassembly_memcap_bytes = 256ULL << 20U;
  std::uint64_t depth_bytes = 1ULL << 20U;  // per direction; 0: no limit
  std::uint32_t chunk_to_server = 2560, chunk_to_client = 2560;
  bool raw = true;  // stream rules are looked at; false keeps no bytes for them
  bool midstream = false, async_oneside = false, inline_mode = false;
  bool pick_up = true;       // false: the exception policy leaves no use for following what began before us
  bool drop_invalid = true;  // inline: packets that the receiver would not take are dropped
  bool bypass = false;       // a flow of which a direction reached the depth is bypassed
  std::uint32_t max_synack_queued = 5, max_syn_queued = 10;
  std::uint32_t max_segments_queued = 8192;  // out-of-order segments of one direction
  UrgentPolicy urgent = UrgentPolicy::oob, urgent_limit = UrgentPolicy::drop;
  std::uint32_t other_readings =
      4096;  // of a worker's connections at once that hosts read differently; detect mode only
  bool check_overlap = true;  // compare overlapping bytes, for stream.reassembly_overlap_different_data
  std::shared_ptr<const HostOsPolicies> host_os;  // null: bsd for all

  // The `stream:` section; host_os is not part of it and stays null until the caller sets it.
  static StreamSettings from(const Settings& stream_section, bool inline_mode);
};

}  // namespace weir::engine
