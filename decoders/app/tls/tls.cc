#include "decoders/app/protocol.h"

namespace weir {

const ProtocolInfo proto_tls{.id = AppProto::tls, .name = "tls", .config_name = "tls", .over_tcp = true};

}  // namespace weir
