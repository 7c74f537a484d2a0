// Decoding base64 (RFC 4648) as it is found in traffic and in lists. A "=" ends it always; an incomplete last group
// gives the bytes that it has.
#pragma once

#include <string>

#include "decoders/types.h"

namespace weir {

// What is done about a byte that is none of the 64.
enum class Base64Mode : std::uint8_t {
  rfc4648,      // decoding ends there
  skip_blanks,  // the same, but blanks and line ends are passed over
  rfc2045,      // every such byte is passed over
  strict,       // nothing is decoded
};

// Replaces `out`; as many bytes as three for each four of the input at most.
void decode_base64(Bytes text, std::string& out, Base64Mode mode);

}  // namespace weir
