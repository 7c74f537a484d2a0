// What the probes of several protocols share.
#pragma once

#include "decoders/app/protocol.h"
#include "decoders/byte_cursor.h"

namespace weir {

constexpr ProbeResult yes_if(bool b) {
  return b ? ProbeResult::yes : ProbeResult::no;
}

}  // namespace weir
