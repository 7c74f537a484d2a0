// What tells the ends of a rejected packet that their connection is over.
//
// TCP: a reset, to either end in the other's name (RFC 9293 3.10.7). Anything else over IP: destination
// unreachable, administratively prohibited, to the source (RFC 792, RFC 1812 5.2.7.1; RFC 4443 3.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <boost/container/static_vector.hpp>

#include "decoders/packet.h"
#include "engine/account/verdict.h"

namespace weir::engine {

// An IP packet from its header on, checksums set, ready for a raw socket.
struct RejectionPacket {
  static constexpr std::size_t kMaxBytes = 576;  // of ICMP errors: what every host takes (RFC 1122 3.3.3)
  boost::container::static_vector<std::uint8_t, kMaxBytes> bytes;
  IpAddress to;
};

// At most two. None where nothing must be sent: answers to resets, to ICMP errors, to fragments but the
// first, to multicast and broadcast (RFC 1122 3.2.2). No allocation.
boost::container::static_vector<RejectionPacket, 2> make_rejections(const Packet& packet,
                                                                    RejectTarget target);

}  // namespace weir::engine
