// Which worker gets a packet: all packets of a flow, and all flows between two hosts, go to the same one.
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/decode.h"
#include "decoders/packet.h"
#include "engine/flow/flow_key.h"

namespace weir::engine {

// A hash of the two hosts of the packet's flow, the same for both directions; of an ICMP error that belongs to the
// flow that it quotes, of the hosts of that one. Packets without a flow go by their addresses, those without IP
// give 0.
std::uint64_t route_of(const Packet& packet, const FlowKeyOptions& options);

// The same of the packet that an ICMP error quotes; none: it quotes none that can be in a flow.
std::optional<std::uint64_t> quoted_route(const Packet& packet, const FlowKeyOptions& options);

// What route_of() says of the frame's packet, from a few header bytes and without decoding it. Nothing when the
// frame may be more than one plain packet (a fragment, a tunnel), belong to another flow (an ICMP error) or has
// headers that only the decoder knows: then it must be decoded to know. Notes nothing; constant cost.
std::optional<std::uint64_t> plain_route(const RawPacket& raw, const DecodeSettings& settings);

}  // namespace weir::engine
