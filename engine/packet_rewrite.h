// A frame with another TCP payload of the same length: what goes on to the receiver in place of a packet that
// says something else than the receiver was sent before.
#pragma once

#include <cstdint>
#include <vector>

#include "decoders/packet.h"

namespace weir::engine {

// Copies the packet's frame into `storage`, puts `payload` (as long as the packet's) where its payload was,
// sets the TCP checksum anew, and makes the packet's frame and payload views of the copy. `storage` must
// outlive the packet's use; other views of the packet stay with the old frame. Without effect on a payload
// that is not part of the frame.
void rewrite_payload(Packet& packet, Bytes payload, std::vector<std::uint8_t>& storage);

}  // namespace weir::engine
