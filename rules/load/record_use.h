// Which rules can be asked of records of flows: those whose conditions are about what a record says.
//
// A record stands for its packets: it has addresses, ports, protocol, flags of all packets together, ICMP type and code, VLAN, and how
// many packets and bytes there were in which time. It has no payload, no transactions and no single packets.
#pragma once

#include <string>

#include "rules/compile/signature.h"

namespace weir::rules {

// Why no record can ever match, with the condition that it fails at: "it looks at http.uri", "dsize asks for single packets". Empty:
// records can match.
std::string why_not_on_records(const Signature& signature);

}  // namespace weir::rules
