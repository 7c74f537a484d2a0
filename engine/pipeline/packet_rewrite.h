// A frame with another TCP or UDP payload of the same length: what goes on to the receiver in place of a packet
// that says something else than the receiver was sent before, or that a rule writes over (`replace`); or with none of its
// bytes urgent.
#pragma once

#include <cstdint>
#include <vector>

#include "decoders/packet.h"

namespace weir::engine {

// Copies the packet's frame into `storage`, puts `payload` (as long as the packet's) where its payload was,
// sets the checksum anew (one that UDP left out stays out), and makes the packet's frame and payload views of the
// copy. `storage` must outlive the packet's use; other views of the packet stay with the old frame. A packet that
// was rewritten into `storage` before can be so again. False, and without effect, when the payload is not part of
// the frame, or of another protocol.
bool rewrite_payload(Packet& packet, Bytes payload, std::vector<std::uint8_t>& storage);

// The same for a TCP segment without its urgent flag and pointer.
bool rewrite_without_urgent(Packet& packet, std::vector<std::uint8_t>& storage);

// Computes the checksum of the packet's TCP or UDP segment in `frame`, which has its layers where the packet's frame
// has them. One that UDP left out stays out; without such a segment nothing is done.
void compute_transport_checksum(const Packet& packet, std::vector<std::uint8_t>& frame);

}  // namespace weir::engine
