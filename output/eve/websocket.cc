#include "decoders/app/websocket/websocket.h"
#include "decoders/app/protocol_ids.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using websocket::WebSocketTransaction;

class WebSocketWriter final : public EveTxWriter {
 public:
  WebSocketWriter(bool payload, bool printable) : payload_(payload), printable_(printable) {}

  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto object = out.object("websocket");
    write_head(out, tx_cast<WebSocketTransaction>(transaction));
    return true;
  }
  void write_in_alert(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<WebSocketTransaction>(transaction);
    const auto object = out.object("websocket");
    write_head(out, tx);
    if (payload_) out.base64("payload_base64", tx.payload);
    if (printable_) out.printable("payload_printable", tx.payload);
  }
  Direction direction(const Transaction& tx) const override {
    return tx_cast<WebSocketTransaction>(tx).direction();
  }

 private:
  static void write_head(JsonWriter& out, const WebSocketTransaction& tx) {
    out.boolean("fin", tx.head.fin());
    if (tx.head.mask) out.number("mask", *tx.head.mask);
    if (const auto name = name_in(websocket::kOpcodes, tx.head.opcode); !name.empty())
      out.plain("opcode", name);
  }

  bool payload_, printable_;  // in alerts
};

std::unique_ptr<const EveTxWriter> configure(const Settings& settings) {
  return std::make_unique<WebSocketWriter>(settings.flag("alert.websocket-payload", false),
                                           settings.flag("alert.websocket-payload-printable", false));
}

}  // namespace

const EveTxLogger eve_websocket{.protocol = AppProto::websocket,
                                .config_name = "websocket",
                                .event_type = "websocket",
                                .progress_to_server = websocket::kComplete,
                                .progress_to_client = websocket::kComplete,
                                .configure = configure};

}  // namespace weir::output
