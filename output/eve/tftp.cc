// EVE's tftp events: a request, or an error and the request that it answers.
#include "decoders/app/tftp/tftp.h"
#include "decoders/app/protocol_ids.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using tftp::Opcode;
using tftp::TftpTransaction;

std::string_view name_of(Opcode packet) {
  return packet == Opcode::read ? "read" : packet == Opcode::write ? "write" : "error";
}

class TftpWriter final : public EveTxWriter {
 public:
  // Of a transfer the event is that of the request.
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    if (tx_cast<TftpTransaction>(transaction).is_transfer) return false;
    write_in_alert(out, transaction);
    return true;
  }
  void write_in_alert(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<TftpTransaction>(transaction);
    const auto object = out.object("tftp");
    out.plain("packet", name_of(tx.packet));
    if (!tx.file.empty()) out.bytes("file", tx.file);
    if (!tx.mode.empty()) out.bytes("mode", tx.mode);
  }
  Direction direction(const Transaction& tx) const override {
    return tx.only_direction.value_or(Direction::to_server);
  }
};

std::unique_ptr<const EveTxWriter> configure(const Settings&) {
  return std::make_unique<TftpWriter>();
}

}  // namespace

const EveTxLogger eve_tftp{.protocol = AppProto::tftp,
                           .config_name = "tftp",
                           .event_type = "tftp",
                           .progress_to_server = tftp::kComplete,
                           .progress_to_client = tftp::kComplete,
                           .configure = configure};

}  // namespace weir::output
