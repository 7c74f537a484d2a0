// Decoders of the network layer. Payloads are trimmed to the length that the header declares, so padding of
// the link layer is never seen above.
#pragma once

#include "decoders/layer.h"
#include "decoders/net/ip_protocol.h"

namespace weir {

// RFC 791. A broken header leaves no addresses in the packet; a broken option leaves it invalid but decoded.
DecodedStep decode_ipv4(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// RFC 8200, with all extension headers; stops at a fragment. At most kMaxExtensionHeaders.
DecodedStep decode_ipv6(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// RFC 826, for IPv4 over Ethernet.
DecodedStep decode_arp(ByteCursor& in, Packet& p);

inline constexpr std::size_t kMaxExtensionHeaders = 128;
inline constexpr std::size_t kMaxIpOptions = 64;  // of one header

// Checks the options of an IPv4 header (without the 20 fixed bytes) and notes what is wrong with them.
void check_ipv4_options(Bytes options, Packet& p);
// Walks the options of a hop-by-hop (or destination options) header, next-header and length bytes left out.
void check_ipv6_options(Bytes options, bool hop_by_hop, Packet& p);

}  // namespace weir
