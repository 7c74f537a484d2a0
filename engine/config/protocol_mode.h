// app-layer.protocols.NAME.enabled, for each transport by itself: what becomes of a protocol in this run.
#pragma once

#include <cstdint>

#include "decoders/app/protocol.h"
#include "decoders/settings.h"

namespace weir::engine {

enum class ProtocolMode : std::uint8_t {
  off,             // not looked for
  detection_only,  // recognised, and not parsed
  on
};

// `protocols` is the configuration's app-layer.protocols. NAME.tcp.enabled comes before NAME.enabled, and that before the
// protocol's own default; a word that is none of Suricata's is "no".
ProtocolMode protocol_mode(const Settings& protocols, const ProtocolInfo& info, bool over_tcp);

}  // namespace weir::engine
