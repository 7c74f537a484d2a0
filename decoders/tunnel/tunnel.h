// Decoders of what carries whole packets. Each leaves the packet inside in Packet::tunnel and ends the loop.
// What is found by port only (VXLAN, Geneve, GTP-U, Teredo) may be something else: then the step says "not mine".
#pragma once

#include "decoders/layer.h"

namespace weir {

// RFC 2784, 2890 (version 0, with the routing of RFC 1701) and 2637 (version 1, PPTP).
DecodedStep decode_gre(ByteCursor& in, Packet& p);
// ERSPAN type II and III (draft-foschiano-erspan-03) inside GRE, told apart by their version as Linux does; type I has
// no header of its own. A type III header may say that an IP packet comes in place of a frame.
DecodedStep decode_erspan(ByteCursor& in, Packet& p);
DecodedStep decode_erspan_type1(ByteCursor& in, Packet& p);
// RFC 7348.
DecodedStep decode_vxlan(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// RFC 8926.
DecodedStep decode_geneve(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// 3GPP TS 29.281, user data (G-PDU) of version 1. Nothing in it tells what it carries: IP, or an Ethernet frame. Its
// length is not believed, as Linux does not.
DecodedStep decode_gtp_u(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// RFC 4380: an IPv6 packet that fills the datagram to its end, possibly behind authentication and origin
// headers.
DecodedStep decode_teredo(ByteCursor& in, Packet& p);

inline constexpr std::size_t kMaxGreRoutes = 16;      // source route entries of one header
inline constexpr std::size_t kMaxGtpExtensions = 16;  // extension headers of one packet

}  // namespace weir
