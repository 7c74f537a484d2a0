// Decoders of the network layer. Payloads are trimmed to the length that the header declares, so padding of
// the link layer is never seen above.
#pragma once

#include "decoders/layer.h"

namespace weir {

// RFC 791. A broken header leaves no addresses in the packet; a broken option leaves it invalid but decoded.
DecodedStep decode_ipv4(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// RFC 8200, with all extension headers; stops at a fragment. At most kMaxExtensionHeaders.
DecodedStep decode_ipv6(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// RFC 826, for IPv4 over Ethernet.
DecodedStep decode_arp(ByteCursor& in, Packet& p);

inline constexpr std::size_t kMaxExtensionHeaders = 128;
inline constexpr std::size_t kMaxIpOptions = 64;  // of one header

namespace ip_protocol {
inline constexpr std::uint8_t hop_by_hop = 0, icmp = 1, ipv4 = 4, tcp = 6, udp = 17, ipv6 = 41, routing = 43,
                              fragment = 44, gre = 47, esp = 50, ah = 51, icmpv6 = 58, none = 59,
                              destination = 60, sctp = 132, mobility = 135, hip = 139, shim6 = 140;
}

// Checks the options of an IPv4 header (without the 20 fixed bytes) and notes what is wrong with them.
void check_ipv4_options(Bytes options, Packet& p);
// Walks the options of a hop-by-hop (or destination options) header, next-header and length bytes left out.
void check_ipv6_options(Bytes options, bool hop_by_hop, Packet& p);

}  // namespace weir
