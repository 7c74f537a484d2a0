// The row of POP3 in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {

const ProtocolInfo proto_pop3{.id = AppProto::pop3, .name = "pop3", .over_tcp = true};

}  // namespace weir
