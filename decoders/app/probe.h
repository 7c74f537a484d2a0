// How a protocol is told by the first bytes of a direction.
#pragma once

#include <cstdint>
#include <string_view>

#include "decoders/types.h"

namespace weir {

// Bytes that, found at their place at the start of a direction, tell the protocol.
struct ProbePattern {
  std::string_view bytes;
  std::uint16_t offset = 0;  // where the search starts
  std::uint16_t depth = 0;  // the match must end within so many bytes of the stream; 0: bytes.size() + offset
  bool nocase = false;
  Direction direction = Direction::to_server;
  bool weak = false;  // says so little that a protocol which lives on this port, and agrees, knows better
};

enum class ProbeResult : std::uint8_t {
  no,
  need_more,
  yes,
  yes_reversed,  // it is, and the sides are swapped
  yes_by_port    // it is, and nothing but the ports tells the sides
};

// Looks at the first bytes of one direction (or at one datagram). Cheap, no side effects.
using ProbeFunction = ProbeResult (*)(Direction, Bytes);

constexpr ProbeResult yes_if(bool b) {
  return b ? ProbeResult::yes : ProbeResult::no;
}

}  // namespace weir
