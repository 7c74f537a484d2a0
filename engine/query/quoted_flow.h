// Which flow an ICMP error is about that has a record of its own: the first bytes of its payload are the packet that it quotes
// (RFC 792, RFC 4443 3), where the record keeps some of them (--flow-payload).
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/flow/record.h"

namespace weir::engine {

// As it was sent: from who is told of the error.
struct QuotedFlow {
  IpAddress source, destination;
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0, destination_port = 0;  // 0: it has none, or they are not kept
};

// None: it is no ICMP error, or the record does not say. An IPv6 packet with extension headers has no ports here.
std::optional<QuotedFlow> quoted_flow(const flow::Record& record);

}  // namespace weir::engine
