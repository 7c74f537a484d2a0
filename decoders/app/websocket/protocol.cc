// The row of WebSocket in the table of protocols.
#include "decoders/app/protocol.h"

#include <algorithm>

#include "decoders/app/parser_factory.h"
#include "decoders/app/websocket/websocket.h"

namespace weir {
namespace websocket {
namespace {

constexpr std::uint64_t kUsualPayload = 65'535, kMostPayload = std::uint64_t{16} << 20U;

std::unique_ptr<const ParserFactory> configure(const Settings& settings) {
  const std::uint64_t most = settings.bytes("max-payload-size", kUsualPayload);
  return factory_of<WebSocketParser>(
      static_cast<std::size_t>(std::clamp<std::uint64_t>(most, 1, kMostPayload)));
}

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/websocket/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/websocket/states.def"
#undef STATE
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/websocket/events.def"
#undef EVENT
};

constexpr std::string_view kFrames[] = {
#define FRAME(id, name) name,
#include "decoders/app/websocket/frames.def"
#undef FRAME
};

}  // namespace
}  // namespace websocket

const ProtocolInfo proto_websocket{.id = AppProto::websocket,
                                   .name = "websocket",
                                   .over_tcp = true,
                                   .configure = websocket::configure,
                                   .states_to_server = websocket::kStatesToServer,
                                   .states_to_client = websocket::kStatesToClient,
                                   .events = websocket::kEvents,
                                   .frames = websocket::kFrames,
                                   .begins_in_another = true};

}  // namespace weir
