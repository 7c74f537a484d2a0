// The row of RFB (VNC) in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {
namespace rfb {
namespace {

constexpr ProbePattern kPatterns[] = {
    {.bytes = "RFB ", .direction = Direction::to_server},
    {.bytes = "RFB ", .direction = Direction::to_client},
};

}  // namespace
}  // namespace rfb

const ProtocolInfo proto_rfb{
    .id = AppProto::rfb, .name = "rfb", .over_tcp = true, .patterns_tcp = rfb::kPatterns};

}  // namespace weir
