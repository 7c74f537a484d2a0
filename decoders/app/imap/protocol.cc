// The row of IMAP in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {
namespace imap {
namespace {

constexpr ProbePattern kPatterns[] = {
    {.bytes = "* OK ", .direction = Direction::to_client},
    {.bytes = "1 capability", .nocase = true},
};

}  // namespace
}  // namespace imap

const ProtocolInfo proto_imap{
    .id = AppProto::imap, .name = "imap", .over_tcp = true, .patterns_tcp = imap::kPatterns};

}  // namespace weir
