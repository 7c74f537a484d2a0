// Frames of WebSocket: websocket.payload, websocket.flags, websocket.mask, websocket.opcode.
#include "decoders/app/websocket/websocket.h"

#include "decoders/app/protocol_ids.h"
#include "rules/compile/keyword_table.h"

namespace weir::rules {
namespace {

using websocket::WebSocketTransaction;

const WebSocketTransaction* frame(const Transaction& transaction, Direction d) {
  const auto& tx = tx_cast<WebSocketTransaction>(transaction);
  return tx.direction() == d ? &tx : nullptr;
}

Number flags(const Transaction& tx, Direction d) {
  const WebSocketTransaction* f = frame(tx, d);
  return f == nullptr ? Number{} : f->head.flags;
}
Number mask(const Transaction& tx, Direction d) {
  const WebSocketTransaction* f = frame(tx, d);
  return f == nullptr || !f->head.mask ? Number{} : *f->head.mask;
}
Number opcode(const Transaction& tx, Direction d) {
  const WebSocketTransaction* f = frame(tx, d);
  return f == nullptr ? Number{} : f->head.opcode;
}

std::optional<BodyView> payload(const BufferRequest& r) {
  const WebSocketTransaction* f = frame(r.tx, r.direction);
  if (r.index != 0 || f == nullptr) return std::nullopt;
  return whole(f->payload);
}

constexpr BufferSpec kWebsocketBuffers[] = {
    {.name = "websocket.payload",
     .summary = "payload of a WebSocket frame without its mask; of the last one of a message, all of it, "
                "decompressed",
     .sources = kBothSides<AppProto::websocket, websocket::kComplete, websocket::kComplete, payload>},
};

constexpr NumberName kFlags[] = {{websocket::kFin, "fin"}, {websocket::kCompressed, "comp"}};
std::span<const NumberName> flag_names() {
  return kFlags;
}
std::span<const NumberName> opcode_names() {
  return websocket::kOpcodes;
}

constexpr TxNumber kWebsocketNumbers[] = {
    {.name = "websocket.flags",
     .summary = "upper four bits of a WebSocket frame's first byte: a number or their names (fin, comp)",
     .protocol = AppProto::websocket,
     .most = UINT8_MAX,
     .progress_to_server = websocket::kComplete,
     .progress_to_client = websocket::kComplete,
     .get = flags,
     .bits = flag_names},
    {.name = "websocket.mask",
     .summary = "mask of a WebSocket frame",
     .protocol = AppProto::websocket,
     .most = UINT32_MAX,
     .progress_to_server = websocket::kComplete,
     .progress_to_client = websocket::kComplete,
     .get = mask},
    {.name = "websocket.opcode",
     .summary = "what a WebSocket frame is: a number or its name (text, binary, ping ...)",
     .protocol = AppProto::websocket,
     .most = UINT8_MAX,
     .progress_to_server = websocket::kComplete,
     .progress_to_client = websocket::kComplete,
     .get = opcode,
     .names = opcode_names},
};

}  // namespace

const KeywordFile keywords_websocket{.buffers = kWebsocketBuffers, .tx_numbers = kWebsocketNumbers};

}  // namespace weir::rules
