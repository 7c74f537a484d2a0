// The row of BitTorrent's peer protocol in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {
namespace bittorrent {
namespace {

// BEP 3: both sides begin with a handshake, whose first byte is the length of the name behind it ("BitTorrent protocol"). The
// beginning of it tells enough: no direction is given up before it has as many bytes as the longest pattern.
constexpr ProbePattern kPatterns[] = {
    {.bytes = "\023BitTorrent", .direction = Direction::to_server},
    {.bytes = "\023BitTorrent", .direction = Direction::to_client},
};

}  // namespace
}  // namespace bittorrent

const ProtocolInfo proto_bittorrent{.id = AppProto::bittorrent,
                                    .name = "bittorrent",
                                    .over_tcp = true,
                                    .patterns_tcp = bittorrent::kPatterns,
                                    .counted = false};

}  // namespace weir
