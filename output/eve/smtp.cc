// EVE's smtp events: the envelope, and the mail in it (`email`), in alerts and fileinfo events, too.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "decoders/app/mime/header.h"
#include "decoders/app/mime/mail.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/app/smtp/transaction.h"
#include "decoders/digest.h"
#include "decoders/text.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using mime::Mail;
using smtp::SmtpTransaction;

enum class Form : std::uint8_t { one, list, addresses };

// What `custom` may ask for, by the names of the fields; `extended` alone asks for those that are marked.
struct MailField {
  std::string_view name;
  JsonKey key;
  Form form = Form::one;
  bool extended = false;
};
constexpr std::array kMailFields{
    MailField{"reply-to", "reply_to"},
    MailField{"bcc", "bcc", Form::addresses, true},
    MailField{"message-id", "message_id", Form::one, true},
    MailField{"subject", "subject", Form::one, true},
    MailField{"x-mailer", "x_mailer", Form::one, true},
    MailField{"user-agent", "user_agent", Form::one, true},
    MailField{"received", "received", Form::list},
    MailField{"x-originating-ip", "x_originating_ip"},
    MailField{"in-reply-to", "in_reply_to"},
    MailField{"relays", "relays"},
    MailField{"references", "references"},
    MailField{"importance", "importance"},
    MailField{"priority", "priority"},
    MailField{"sensitivity", "sensitivity"},
    MailField{"organization", "organization"},
    MailField{"content-md5", "content_md5"},
    MailField{"date", "date"},
};

struct SmtpOptions {
  std::vector<const MailField*> fields;
  bool subject_md5 = false, body_md5 = false;
};

SmtpOptions read_smtp_options(const Settings& s) {
  SmtpOptions o;
  const std::vector<std::string> custom = s.list("custom");
  for (const MailField& field : kMailFields) {
    bool wanted = custom.empty() && field.extended && s.flag("extended", false);
    for (const std::string& name : custom) wanted = wanted || equals_nocase(name, field.name);
    if (wanted) o.fields.push_back(&field);
  }
  for (const std::string& of : s.list("md5")) {
    o.subject_md5 = o.subject_md5 || equals_nocase(of, "subject");
    o.body_md5 = o.body_md5 || equals_nocase(of, "body");
  }
  return o;
}

void write_texts(JsonWriter& out, JsonKey key, const SlabVector<SlabString>& texts) {
  if (texts.empty()) return;
  const auto list = out.array(key);
  for (const SlabString& text : texts) out.bytes(as_bytes(text));
}

void write_addresses(JsonWriter& out, JsonKey key, std::string_view field) {
  auto address = mime::next_address(field);
  if (!address) return;
  const auto list = out.array(key);
  for (; address; address = mime::next_address(field)) out.bytes(as_bytes(*address));
}

void write_field(JsonWriter& out, const MailField& field, const Mail& mail) {
  if (!mail.contains(field.name)) return;
  if (field.form == Form::addresses) return write_addresses(out, field.key, mail.field(field.name));
  if (field.form == Form::one) return out.bytes(field.key, mail.field(field.name));
  const auto list = out.array(field.key);
  for (std::size_t i = 0; const SlabString* value = mail.field(field.name, i); ++i)
    out.bytes(as_bytes(*value));
}

void write_urls(JsonWriter& out, const Mail& mail) {
  if (mail.urls.empty()) return;
  out.boolean("has_ipv6_url", mail.has_ipv6_url);
  out.boolean("has_ipv4_url", mail.has_ipv4_url);
  out.boolean("has_exe_url", mail.has_exe_url);
  write_texts(out, "url", mail.urls);
}

void write_email(JsonWriter& out, const Mail& mail, const SmtpOptions& options) {
  const auto object = out.object("email");
  out.plain("status", mime::status_name(mail.status));
  if (mail.contains("from")) out.bytes("from", mail.field("from"));
  write_addresses(out, "to", mail.field("to"));
  write_addresses(out, "cc", mail.field("cc"));
  write_texts(out, "attachment", mail.attachments);
  write_urls(out, mail);
  for (const MailField* field : options.fields) write_field(out, *field, mail);
  if (options.subject_md5 && mail.contains("subject"))
    out.plain("subject_md5", hex(digest(Hash::md5, as_bytes(mail.field("subject"))).view()));
  if (options.body_md5 && !mail.body_md5.empty()) out.plain("body_md5", mail.body_md5);
}

class SmtpWriter final : public EveTxWriter {
 public:
  explicit SmtpWriter(SmtpOptions options) : options_(std::move(options)) {}

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
  SmtpOptions options_;
};

std::unique_ptr<const EveTxWriter> configure(const Settings& s) {
  return std::make_unique<SmtpWriter>(read_smtp_options(s));
}

}  // namespace

const EveTxLogger eve_smtp{.protocol = AppProto::smtp,
                           .config_name = "smtp",
                           .event_type = "smtp",
                           .progress_to_server = static_cast<std::uint8_t>(smtp::ClientState::complete),
                           .progress_to_client = static_cast<std::uint8_t>(smtp::ServerState::complete),
                           .configure = configure};

}  // namespace weir::output
