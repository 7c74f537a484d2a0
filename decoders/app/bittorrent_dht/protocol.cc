// The row of BitTorrent's DHT in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {
namespace bittorrent_dht {
namespace {

constexpr ProbePattern kPatterns[] = {
    {.bytes = "d1:ad2:id20:", .direction = Direction::to_server},
    {.bytes = "d1:ad2:id20:", .direction = Direction::to_client},
    {.bytes = "d1:rd2:id20:", .direction = Direction::to_server},
    {.bytes = "d1:rd2:id20:", .direction = Direction::to_client},
    {.bytes = "d2:ip", .direction = Direction::to_server},
    {.bytes = "d2:ip", .direction = Direction::to_client},
    {.bytes = "d1:el", .direction = Direction::to_server},
    {.bytes = "d1:el", .direction = Direction::to_client},
};

}  // namespace
}  // namespace bittorrent_dht

const ProtocolInfo proto_bittorrent_dht{.id = AppProto::bittorrent_dht,
                                        .name = "bittorrent-dht",
                                        .over_udp = true,
                                        .patterns_udp = bittorrent_dht::kPatterns};

}  // namespace weir
