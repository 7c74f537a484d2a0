// EVE's pop3 events: a command and its response, and the mail that it fetched (`email`).
#include <utility>

#include "decoders/app/pop3/transaction.h"
#include "decoders/app/protocol_ids.h"
#include "output/eve/email.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using pop3::Pop3Transaction;

void write_list(JsonWriter& out, JsonKey key, const SlabVector<SlabString>& texts) {
  if (!texts.empty()) return write_texts(out, key, texts);
  const auto empty = out.array(key);
}

class Pop3Writer final : public EveTxWriter {
 public:
  explicit Pop3Writer(EmailOptions options) : options_(std::move(options)) {}

  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<Pop3Transaction>(transaction);
    write_pop3(out, tx);
    if (tx.mail != nullptr) write_email(out, *tx.mail, options_);
    return true;
  }

 private:
  static void write_pop3(JsonWriter& out, const Pop3Transaction& tx) {
    const auto object = out.object("pop3");
    if (!tx.command.empty()) {
      const auto request = out.object("request");
      out.bytes("command", tx.command);
      write_list(out, "args", tx.arguments);
    }
    if (!tx.succeeded) return;
    const auto response = out.object("response");
    out.boolean("success", *tx.succeeded);
    out.plain("status", *tx.succeeded ? "OK" : "ERR");
    out.bytes("header", tx.header);
    write_list(out, "data", tx.lines);
  }

  EmailOptions options_;
};

std::unique_ptr<const EveTxWriter> configure(const Settings& s) {
  return std::make_unique<Pop3Writer>(read_email_options(s));
}

}  // namespace

const EveTxLogger eve_pop3{.protocol = AppProto::pop3,
                           .config_name = "pop3",
                           .event_type = "pop3",
                           .progress_to_server = static_cast<std::uint8_t>(pop3::ClientState::complete),
                           .progress_to_client = static_cast<std::uint8_t>(pop3::ServerState::complete),
                           .configure = configure};

}  // namespace weir::output
