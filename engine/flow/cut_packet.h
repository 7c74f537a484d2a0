// Packets of which the capture has kept only the begin (snaplen): decoders refuse them, but their headers say enough to count them.
#pragma once

#include "decoders/packet.h"

namespace weir::engine {

// What can be read of the headers of IP and above it; false: the packet is not cut, or too short even for that. `out` has views of
// the frame of `packet`.
bool read_cut_packet(const Packet& packet, Packet& out);

// Of `packet` something is missing at its end.
[[nodiscard]] inline bool is_cut(const Packet& packet) {
  return packet.raw.wire_length > packet.raw.bytes.size();
}

}  // namespace weir::engine
