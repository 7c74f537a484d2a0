// EVE's imap events, of which the reference has none: a command and its response below `weir`, and the mail that was fetched or stored
// (`email`).
#include <utility>

#include "decoders/app/imap/transaction.h"
#include "decoders/app/protocol_ids.h"
#include "output/eve/email.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using imap::ImapTransaction;

void write_request(JsonWriter& out, const ImapTransaction& tx) {
  if (tx.command.empty()) return;
  const auto request = out.object("request");
  if (!tx.tag.empty()) out.bytes("tag", tx.tag);
  out.bytes("command", tx.command);
  write_texts(out, "args", tx.arguments);
}

void write_response(JsonWriter& out, const ImapTransaction& tx) {
  if (tx.status.empty() && tx.text.empty() && tx.lines.empty()) return;
  const auto response = out.object("response");
  if (!tx.status.empty()) out.bytes("status", tx.status);
  if (!tx.text.empty()) out.bytes("text", tx.text);
  write_texts(out, "data", tx.lines);
}

class ImapWriter final : public EveTxWriter {
 public:
  explicit ImapWriter(EmailOptions options) : options_(std::move(options)) {}

  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<ImapTransaction>(transaction);
    {
      const auto own = out.object("weir");
      const auto object = out.object("imap");
      write_request(out, tx);
      write_response(out, tx);
    }
    if (tx.mail != nullptr) write_email(out, *tx.mail, options_);
    return true;
  }
  // An alert has a member `weir` of its own.
  void write_in_alert(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<ImapTransaction>(transaction);
    if (tx.mail != nullptr) write_email(out, *tx.mail, options_);
  }

 private:
  EmailOptions options_;
};

std::unique_ptr<const EveTxWriter> configure(const Settings& s) {
  return std::make_unique<ImapWriter>(read_email_options(s));
}

}  // namespace

const EveTxLogger eve_imap{.protocol = AppProto::imap,
                           .config_name = "imap",
                           .event_type = "imap",
                           .progress_to_server = static_cast<std::uint8_t>(imap::ClientState::complete),
                           .progress_to_client = static_cast<std::uint8_t>(imap::ServerState::complete),
                           .configure = configure};

}  // namespace weir::output
