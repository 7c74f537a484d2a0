// What the probes of several protocols share.
#pragma once

#include "decoders/app/protocol.h"
#include "decoders/byte_cursor.h"

namespace weir {

constexpr ProbeResult yes_if(bool b) {
  return b ? ProbeResult::yes : ProbeResult::no;
}

// A BER length of one to three bytes; larger ones do not start a conversation.
constexpr std::uint32_t ber_length(ByteCursor& in) {
  const std::uint8_t first = in.u8();
  if (first < 0x80) return first;
  if (first == 0x81) return in.u8();
  if (first == 0x82) return in.be16();
  if (first == 0x83) return in.be24();
  in.fail();
  return 0;
}

}  // namespace weir
