// Which worker gets a frame.
#pragma once

#include <cstdint>

#include "decoders/packet.h"

namespace weir::engine {

// A hash of the outermost pair of IP addresses, the same for both directions: so a worker has all packets,
// fragments and tunnels between two hosts. An ICMPv4 error goes with the packet that it quotes. Frames
// without IP give 0. Looks at a few header bytes and notes nothing; constant cost.
std::uint64_t route_hash(const RawPacket& raw);

}  // namespace weir::engine
