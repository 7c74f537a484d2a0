// Decoders of what carries whole packets. Each leaves the packet inside in Packet::tunnel and ends the loop.
// What is found by port only (VXLAN, Geneve, Teredo) may be something else: then the step says "not mine".
#pragma once

#include "decoders/layer.h"

namespace weir {

// RFC 2784, 2890 (version 0, with the routing of RFC 1701) and 2637 (version 1, PPTP).
DecodedStep decode_gre(ByteCursor& in, Packet& p);
// ERSPAN type II (draft-foschiano-erspan-03) inside GRE; type I has no header of its own.
DecodedStep decode_erspan(ByteCursor& in, Packet& p);
DecodedStep decode_erspan_type1(ByteCursor& in, Packet& p);
// RFC 7348.
DecodedStep decode_vxlan(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// RFC 8926.
DecodedStep decode_geneve(ByteCursor& in, Packet& p, const DecodeSettings& settings);
// RFC 4380: an IPv6 packet that fills the datagram to its end, possibly behind authentication and origin
// headers.
DecodedStep decode_teredo(ByteCursor& in, Packet& p);

inline constexpr std::size_t kMaxGreRoutes = 16;  // source route entries of one header

}  // namespace weir
