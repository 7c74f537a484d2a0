// Mails: fields of the header, whatever protocol carries them; of SMTP's also URLs and the digest of the body.
#include "decoders/app/imap/transaction.h"
#include "decoders/app/mime/header.h"
#include "decoders/app/mime/mail.h"
#include "decoders/app/pop3/transaction.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/app/smtp/transaction.h"
#include "rules/compile/keyword_table.h"

namespace weir::rules {
namespace {

using smtp::ClientState;
using smtp::SmtpTransaction;

const mime::Mail* mail_of(const BufferRequest& r) {
  if (const auto* tx = tx_cast<SmtpTransaction>(&r.tx)) return tx->mail.get();
  if (const auto* tx = tx_cast<pop3::Pop3Transaction>(&r.tx)) return tx->mail.get();
  const auto& tx = tx_cast<imap::ImapTransaction>(r.tx);
  // Of one that is stored the command's side tells, of one that is fetched the server's.
  const bool is_stored = std::string_view(tx.command) == "APPEND";
  return is_stored == (r.direction == Direction::to_server) ? tx.mail.get() : nullptr;
}

// Each field of that name, in order.
std::optional<BodyView> field(const BufferRequest& r, std::string_view name) {
  const mime::Mail* mail = mail_of(r);
  const SlabString* value = mail == nullptr ? nullptr : mail->field(name, r.index);
  return value == nullptr ? std::nullopt : whole(*value);
}

std::optional<BodyView> from(const BufferRequest& r) {
  return field(r, "from");
}
std::optional<BodyView> to(const BufferRequest& r) {
  return field(r, "to");
}
std::optional<BodyView> cc(const BufferRequest& r) {
  return field(r, "cc");
}
std::optional<BodyView> date(const BufferRequest& r) {
  return field(r, "date");
}
std::optional<BodyView> message_id(const BufferRequest& r) {
  return field(r, "message-id");
}
std::optional<BodyView> x_mailer(const BufferRequest& r) {
  return field(r, "x-mailer");
}
std::optional<BodyView> received(const BufferRequest& r) {
  return field(r, "received");
}

// Each as it was sent; those with encoded words once more as they are meant.
std::optional<BodyView> subject(const BufferRequest& r) {
  const mime::Mail* mail = mail_of(r);
  if (mail == nullptr) return std::nullopt;
  std::uint32_t left = r.index;
  for (std::size_t i = 0; const SlabString* value = mail->field("subject", i); ++i) {
    if (left-- == 0) return whole(*value);
    if (value->find("=?") == SlabString::npos || left-- != 0) continue;
    std::string& text = r.arena.next();
    text = mime::decode_words(*value);
    return whole(text);
  }
  return std::nullopt;
}

std::optional<BodyView> url(const BufferRequest& r) {
  const mime::Mail* mail = mail_of(r);
  return mail != nullptr && r.index < mail->urls.size() ? whole(mail->urls[r.index]) : std::nullopt;
}

std::optional<BodyView> body_md5(const BufferRequest& r) {
  const mime::Mail* mail = mail_of(r);
  if (r.index != 0 || mail == nullptr || mail->body_md5.empty()) return std::nullopt;
  return whole(mail->body_md5);
}

template <auto progress, TxBufferFunction get>
constexpr auto& kOfMail = kOneSide<AppProto::smtp, Direction::to_server, progress, get>;
template <TxBufferFunction get>
constexpr BufferSource kOfHeader[] = {
    {AppProto::smtp, Direction::to_server, static_cast<std::uint8_t>(ClientState::headers), get},
    {AppProto::pop3, Direction::to_client, static_cast<std::uint8_t>(pop3::ServerState::complete), get},
    {AppProto::imap, Direction::to_server, static_cast<std::uint8_t>(imap::ClientState::complete), get},
    {AppProto::imap, Direction::to_client, static_cast<std::uint8_t>(imap::ServerState::complete), get}};

constexpr BufferSpec kEmailBuffers[] = {
    {.name = "email.from", .summary = "From of a mail", .sources = kOfHeader<from>, .multiple = true},
    {.name = "email.to", .summary = "To of a mail, all of it", .sources = kOfHeader<to>, .multiple = true},
    {.name = "email.cc", .summary = "Cc of a mail, all of it", .sources = kOfHeader<cc>, .multiple = true},
    {.name = "email.subject",
     .summary = "Subject of a mail, as sent, and with its encoded words decoded",
     .sources = kOfHeader<subject>,
     .multiple = true},
    {.name = "email.date", .summary = "Date of a mail", .sources = kOfHeader<date>, .multiple = true},
    {.name = "email.message_id",
     .summary = "Message-ID of a mail, with its brackets",
     .sources = kOfHeader<message_id>,
     .multiple = true},
    {.name = "email.x_mailer",
     .summary = "X-Mailer of a mail",
     .sources = kOfHeader<x_mailer>,
     .multiple = true},
    {.name = "email.received",
     .summary = "a Received of a mail, its lines put together without the blanks between them",
     .sources = kOfHeader<received>,
     .multiple = true},
    {.name = "email.url",
     .summary = "a URL in the text of a mail, in lower case, without its scheme unless log-url-scheme is on",
     .sources = kOfMail<ClientState::complete, url>,
     .multiple = true,
     .setting = "mime.extract-urls"},
    {.name = "email.body_md5",
     .summary = "MD5 of a mail's body, as hexadecimal digits",
     .sources = kOfMail<ClientState::complete, body_md5>,
     .on_request = true},
};

}  // namespace

const KeywordFile keywords_smtp_email{.buffers = kEmailBuffers};

}  // namespace weir::rules
