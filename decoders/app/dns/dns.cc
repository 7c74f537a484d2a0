#include "decoders/app/protocol.h"

namespace weir {

const ProtocolInfo proto_dns{.id = AppProto::dns, .name = "dns", .config_name = "dns", .over_tcp = true};

}  // namespace weir
