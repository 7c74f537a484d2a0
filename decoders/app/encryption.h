// What becomes of a connection once both sides encrypt: `encryption-handling` of the protocols that do.
#pragma once

#include <cstdint>

#include "decoders/settings.h"

namespace weir {

enum class EncryptionHandling : std::uint8_t {
  track,   // "track-only", the default: it is counted and ends in its time, its bytes are not looked at
  bypass,  // the flow is bypassed
  full     // raw bytes go on being inspected
};

// From the settings of the protocol. "encrypt-handling" and "default" are older spellings.
inline EncryptionHandling read_encryption_handling(const Settings& s) {
  const std::string text =
      s.text("encryption-handling").value_or(s.text("encrypt-handling").value_or("track-only"));
  if (text == "bypass") return EncryptionHandling::bypass;
  if (text == "full") return EncryptionHandling::full;
  return EncryptionHandling::track;
}

}  // namespace weir
