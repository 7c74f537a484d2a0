// The row of WebSocket in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {

const ProtocolInfo proto_websocket{
    .id = AppProto::websocket, .name = "websocket", .over_tcp = true, .begins_in_another = true};

}  // namespace weir
