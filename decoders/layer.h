// What a layer decoder looks like. Each reads its header from the cursor, fills its part of the Packet and
// says where the loop goes on; `in` ends where the layer around it says that it ends. On a fault the loop
// stops, notes it and marks the packet invalid. Decoders never call each other for another layer.
#pragma once

#include "decoders/anomaly.h"
#include "decoders/byte_cursor.h"
#include "decoders/decode.h"
#include "decoders/packet.h"

namespace weir {

struct Step {
  Proto next = Proto::none;
  Bytes payload;     // what `next` gets
  bool mine = true;  // false: these bytes are not this protocol after all; no layer is recorded
};
using DecodedStep = Decoded<Step>;

// Decoding ends here, without a fault.
inline Step last_layer() {
  return {};
}

// Notes what breaks a rule badly without ending the decoding of the packet.
inline void note_invalid(Packet& p, Anomaly what, std::uint32_t offset) {
  p.note({what, offset});
  p.invalid = true;
}

}  // namespace weir
