// Base64 as it is found in traffic (RFC 4648): decoding ends quietly at the first byte that does not belong to it.
#pragma once

#include <string>

#include "decoders/types.h"

namespace weir::rules {

inline constexpr std::size_t kMaxBase64Bytes = 65536;  // of input; the rest is not decoded

// Replaces `out`; blanks and line ends inside are skipped. An incomplete last group gives the bytes it has.
void decode_base64(Bytes text, std::string& out);

}  // namespace weir::rules
