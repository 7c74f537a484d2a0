#include "decoders/app/protocol.h"

namespace weir {

const ProtocolInfo proto_http{.id = AppProto::http, .name = "http", .config_name = "http", .over_tcp = true};

}  // namespace weir
