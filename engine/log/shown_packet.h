// A packet that carries given bytes of a stream, for alerts on bytes whose own packets are gone.
#pragma once

#include <cstdint>
#include <vector>

#include "decoders/packet.h"

namespace weir::engine {

inline constexpr std::size_t kShownBytes = 1460;  // of the stream: what a packet of Ethernet carries

// Writes it into `out`: what stands in front of IP in `like`, and headers of IP and TCP with its addresses, ports and
// sequence numbers and right checksums. `like` goes the same way as `data` and behind it, has addresses of one family, and
// may be one that was on no wire; then there is nothing in front of IP. Data beyond kShownBytes is left out. Gives the
// link type of what it has made.
int make_shown_packet(const Packet& like, Bytes data, std::vector<std::uint8_t>& out);

}  // namespace weir::engine
