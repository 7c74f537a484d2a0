// The row of BitTorrent's DHT in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/bittorrent_dht/bittorrent_dht.h"
#include "decoders/app/parser_factory.h"

namespace weir {
namespace bittorrent_dht {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings&) {
  return factory_of<DhtParser>();
}

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

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/bittorrent_dht/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/bittorrent_dht/states.def"
#undef STATE
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/bittorrent_dht/events.def"
#undef EVENT
};

}  // namespace
}  // namespace bittorrent_dht

const ProtocolInfo proto_bittorrent_dht{.id = AppProto::bittorrent_dht,
                                        .name = "bittorrent-dht",
                                        .over_udp = true,
                                        .patterns_udp = bittorrent_dht::kPatterns,
                                        .configure = bittorrent_dht::configure,
                                        .states_to_server = bittorrent_dht::kStatesToServer,
                                        .states_to_client = bittorrent_dht::kStatesToClient,
                                        .events = bittorrent_dht::kEvents};

}  // namespace weir
