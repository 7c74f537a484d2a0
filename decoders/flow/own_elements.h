// What Weir says of flows beyond IANA's registry (own_elements.def), read again: elements of IPFIX under the private enterprise number
// that its user has.
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/byte_cursor.h"
#include "decoders/flow/elements.h"
#include "decoders/flow/record.h"

namespace weir::flow {

// Of a flow in a tunnel; addresses have 16 bytes for either family, IPv4 is mapped (RFC 4291 2.5.5.2).
inline constexpr std::uint8_t kOwnTunnelSource = 16, kOwnTunnelDestination = 17, kOwnTunnelId = 18,
                              kOwnTunnelKind = 19;
// What elements of the other direction have added, where a record has both.
inline constexpr std::uint16_t kOwnReverse = 128;

struct OwnElement {
  std::uint8_t number = 0;  // as in the table
  DataType type = DataType::octetArray;
  bool reverse = false;  // of the other direction
};
// None: there is no such element.
std::optional<OwnElement> find_own_element(std::uint16_t number);

// Sets what the element says, `way` (0, or 1 for the other direction) of it. Texts are views into `value`. Numbers that cannot be are
// passed over, those that are too large stay at the greatest.
void read_own_element(std::uint8_t number, std::size_t way, Bytes value, Record& r, Detail& d);

}  // namespace weir::flow
