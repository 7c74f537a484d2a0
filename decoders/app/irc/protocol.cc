// The row of IRC in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {

// Suricata 8 knows IRC but counts nothing of it.
const ProtocolInfo proto_irc{.id = AppProto::irc, .name = "irc", .over_tcp = true, .counted = false};

}  // namespace weir
