// The Internet checksum, RFC 1071. Linear in the bytes, several bytes a step.
#pragma once

#include <cstdint>

#include "decoders/ip_address.h"
#include "decoders/types.h"

namespace weir {

// The complement of the one's complement sum, in host order: what to put into a checksum field that was zero
// while summing; 0 over bytes with a right checksum in place.
std::uint16_t internet_checksum(Bytes bytes);

// The same for TCP, UDP and ICMPv6, with the pseudo-header of RFC 9293 3.1 or RFC 8200 8.1 in front of the
// segment. The addresses must be of one family.
std::uint16_t transport_checksum(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                 Bytes segment);

}  // namespace weir
