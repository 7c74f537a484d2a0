// The row of EtherNet/IP in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {

const ProtocolInfo proto_enip{
    .id = AppProto::enip, .name = "enip", .over_tcp = true, .over_udp = true, .enabled_by_default = false};

}  // namespace weir
