// Decoders of the transport layer. Each sets Packet::payload to what its header carries, and verifies its
// checksum when the settings say so.
#pragma once

#include "decoders/layer.h"

namespace weir {

// RFC 9293, options of RFC 7323, 2018, 7413, 2385 and 5925.
DecodedStep decode_tcp(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// RFC 768; goes on to the tunnel protocols by port.
DecodedStep decode_udp(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// RFC 792 and RFC 4443, with the packet that an error message quotes.
DecodedStep decode_icmpv4(ByteCursor& in, Packet& p, const DecodeSettings& settings);
DecodedStep decode_icmpv6(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// RFC 9260: ports only; the chunks are the payload.
DecodedStep decode_sctp(ByteCursor& in, Packet& p);
// RFC 4303.
DecodedStep decode_esp(ByteCursor& in, Packet& p);

inline constexpr std::size_t kMaxTcpOptions = 40;  // as many as there can be bytes

// Fills the option fields of p.tcp from p.tcp.options.
void read_tcp_options(Packet& p);

}  // namespace weir
