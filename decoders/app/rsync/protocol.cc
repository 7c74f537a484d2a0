// The row of rsync's own protocol in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {
namespace rsync {
namespace {

// Both sides begin with their version, "@RSYNCD: 31.0"; the server speaks first.
constexpr ProbePattern kPatterns[] = {
    {.bytes = "@RSYNCD: ", .direction = Direction::to_server},
    {.bytes = "@RSYNCD: ", .direction = Direction::to_client},
};

}  // namespace
}  // namespace rsync

const ProtocolInfo proto_rsync{.id = AppProto::rsync,
                               .name = "rsync",
                               .over_tcp = true,
                               .patterns_tcp = rsync::kPatterns,
                               .counted = false};

}  // namespace weir
