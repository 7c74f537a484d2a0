// SMTP: what the envelope of a mail says.
#include "decoders/app/protocol_ids.h"
#include "decoders/app/smtp/transaction.h"
#include "rules/compile/keyword_table.h"

namespace weir::rules {
namespace {

using smtp::ClientState;
using smtp::SmtpTransaction;

std::string_view helo(const Transaction& tx, Direction) {
  const auto& name = tx_cast<SmtpTransaction>(tx).helo;
  return name ? std::string_view(*name) : "";
}
std::string_view mail_from(const Transaction& tx, Direction) {
  const auto& address = tx_cast<SmtpTransaction>(tx).mail_from;
  return address ? std::string_view(*address) : "";
}
std::optional<BodyView> rcpt_to(const BufferRequest& r) {
  const auto& addresses = tx_cast<SmtpTransaction>(r.tx).rcpt_to;
  return r.index < addresses.size() ? whole(addresses[r.index]) : std::nullopt;
}

template <auto progress, TxBufferFunction get>
constexpr auto& kSmtp = kOneSide<AppProto::smtp, Direction::to_server, progress, get>;

constexpr BufferSpec kSmtpBuffers[] = {
    {.name = "smtp.helo",
     .summary = "name that an SMTP client gives with EHLO or HELO",
     .sources = kSmtp<ClientState::helo, tx_text<helo>>},
    {.name = "smtp.mail_from",
     .summary = "sender in the envelope of a mail (MAIL FROM), with its brackets",
     .sources = kSmtp<ClientState::mail, tx_text<mail_from>>},
    {.name = "smtp.rcpt_to",
     .summary = "a recipient in the envelope of a mail (RCPT TO), with its brackets",
     .sources = kSmtp<ClientState::data, rcpt_to>,
     .multiple = true},
};

}  // namespace

const KeywordFile keywords_smtp{.buffers = kSmtpBuffers};

}  // namespace weir::rules
