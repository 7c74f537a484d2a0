// The row of PostgreSQL in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {

const ProtocolInfo proto_pgsql{
    .id = AppProto::pgsql, .name = "pgsql", .over_tcp = true, .enabled_by_default = false};

}  // namespace weir
