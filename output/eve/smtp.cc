// EVE's smtp events: the envelope, and the mail in it (`email`), in alerts and fileinfo events, too.
#include <utility>

#include "decoders/app/protocol_ids.h"
#include "decoders/app/smtp/transaction.h"
#include "output/eve/email.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using smtp::SmtpTransaction;

class SmtpWriter final : public EveTxWriter {
 public:
  explicit SmtpWriter(EmailOptions options) : options_(std::move(options)) {}

  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<SmtpTransaction>(transaction);
    {
      const auto object = out.object("smtp");
      if (tx.helo) out.bytes("helo", *tx.helo);
      if (tx.mail_from) out.bytes("mail_from", *tx.mail_from);
      write_texts(out, "rcpt_to", tx.rcpt_to);
    }
    if (tx.mail != nullptr) write_email(out, *tx.mail, options_);
    return true;
  }

 private:
  EmailOptions options_;
};

std::unique_ptr<const EveTxWriter> configure(const Settings& s) {
  return std::make_unique<SmtpWriter>(read_email_options(s));
}

}  // namespace

const EveTxLogger eve_smtp{.protocol = AppProto::smtp,
                           .config_name = "smtp",
                           .event_type = "smtp",
                           .progress_to_server = static_cast<std::uint8_t>(smtp::ClientState::complete),
                           .progress_to_client = static_cast<std::uint8_t>(smtp::ServerState::complete),
                           .configure = configure};

}  // namespace weir::output
