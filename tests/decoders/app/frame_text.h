// A frame in a line, for tests.
#pragma once

#include <string>

#include "decoders/app/frame.h"
#include "decoders/app/protocol.h"

namespace weir::test {

// "type offset+length", "?" for a length that is not known, "/N" for a transaction.
inline std::string frame_text(const ProtocolInfo& info, const AppFrame& f) {
  std::string out{frame_name(info, f.type)};
  out.append(1, ' ').append(std::to_string(f.offset)).append(1, '+');
  out += f.length == AppFrame::kUnknown ? "?" : std::to_string(f.length);
  if (f.tx_id != AppFrame::kUnknown) out.append(1, '/').append(std::to_string(f.tx_id));
  return out;
}

}  // namespace weir::test
