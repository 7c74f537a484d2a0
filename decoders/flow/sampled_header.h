// The first bytes of a packet, as sFlow and packet sampling in IPFIX send them: who with whom, and how long it was. Unlike the
// layers of decode.h they end anywhere: what stands behind the end stays unknown.
#pragma once

#include <cstdint>

#include "decoders/flow/record.h"
#include "decoders/types.h"

namespace weir::flow {

// Fills addresses, ports, protocol, flags and the counters of one packet, as far as they are there; a counter that is there
// already stays. `frame` begins with Ethernet; `length`: of the whole frame, 0 when nobody knows. Without an IP header the record
// is left as it was.
void fill_from_frame(Bytes frame, std::uint32_t length, Record& record);
// The same of what begins with an IP header, with MPLS labels, or with PPP's protocol (RFC 1661), with RFC 1662's address before it or
// without.
void fill_from_ip_packet(Bytes packet, Record& record);
void fill_from_labels(Bytes packet, Record& record);
void fill_from_ppp(Bytes frame, Record& record);

}  // namespace weir::flow
