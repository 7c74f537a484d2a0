// An interface through an AF_PACKET socket with a TPACKET_V3 ring (packet(7)): the kernel fills blocks of
// memory that we map, so that a frame costs no system call and no copy.
//
// Several sources of one interface share its traffic by a fanout group: both directions of a flow, and all
// fragments of a datagram, reach the same source.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "engine/live/sources/packet_source.h"

namespace weir::engine {

struct AfPacketSettings {
  std::string interface;
  std::string bpf;  // empty: all packets
  bool promiscuous = true;
  bool defragment = true;    // the kernel puts fragments together before it spreads packets
  int snap_length = 262144;  // bytes of a frame that are kept; it has to fit a block
  std::uint32_t block_bytes = 1 << 20, blocks = 32;
  std::uint32_t block_timeout_ms = 10;  // a block that is not full is handed over after this time
  std::uint16_t fanout_group = 0;       // of all sources of this interface and run
  unsigned fanout_members = 1;          // more than one: the group is used
};

// Opens, maps and binds. An interface that goes down, or goes and comes back under its name, is waited for:
// that is said on standard error and counted. Needs CAP_NET_RAW. Fails with a text that names the interface
// and what to do.
tl::expected<std::unique_ptr<PacketSource>, std::string> open_af_packet(const AfPacketSettings& settings);

}  // namespace weir::engine
