#include "output/eve/email.h"

#include <algorithm>
#include <array>
#include <string>

#include "decoders/app/mime/header.h"
#include "decoders/digest.h"
#include "decoders/text.h"

namespace weir::output {
namespace {

using mime::Mail;

constexpr std::array kMailFields{
    MailField{"reply-to", "reply_to"},
    MailField{"bcc", "bcc", MailFieldForm::addresses, true},
    MailField{"message-id", "message_id", MailFieldForm::one, true},
    MailField{"subject", "subject", MailFieldForm::one, true},
    MailField{"x-mailer", "x_mailer", MailFieldForm::one, true},
    MailField{"user-agent", "user_agent", MailFieldForm::one, true},
    MailField{"received", "received", MailFieldForm::list},
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

void write_addresses(JsonWriter& out, JsonKey key, std::string_view field) {
  auto address = mime::next_address(field);
  if (!address) return;
  const auto list = out.array(key);
  for (; address; address = mime::next_address(field)) out.bytes(as_bytes(*address));
}

void write_field(JsonWriter& out, const MailField& field, const Mail& mail) {
  if (!mail.contains(field.name)) return;
  if (field.form == MailFieldForm::addresses) return write_addresses(out, field.key, mail.field(field.name));
  if (field.form == MailFieldForm::one) return out.bytes(field.key, mail.field(field.name));
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

bool is_mail_field(std::string_view name) {
  return std::any_of(kMailFields.begin(), kMailFields.end(),
                     [name](const MailField& field) { return equals_nocase(name, field.name); });
}

void read_md5(const Settings& s, EmailOptions& o) {
  const std::vector<std::string> of = s.list("md5");
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (equals_nocase(of[i], "subject"))
      o.subject_md5 = true;
    else if (equals_nocase(of[i], "body"))
      o.body_md5 = true;
    else
      s.unreadable_item("md5", i, "body or subject");
  }
}

}  // namespace

EmailOptions read_email_options(const Settings& s) {
  EmailOptions o;
  const std::vector<std::string> custom = s.list("custom");
  for (const MailField& field : kMailFields) {
    bool wanted = custom.empty() && field.extended && s.flag("extended", false);
    for (const std::string& name : custom) wanted = wanted || equals_nocase(name, field.name);
    if (wanted) o.fields.push_back(&field);
  }
  for (std::size_t i = 0; i < custom.size(); ++i)
    if (!is_mail_field(custom[i])) s.unreadable_item("custom", i, "a field of mails that events can show");
  read_md5(s, o);
  return o;
}

void write_texts(JsonWriter& out, JsonKey key, const SlabVector<SlabString>& texts) {
  if (texts.empty()) return;
  const auto list = out.array(key);
  for (const SlabString& text : texts) out.bytes(as_bytes(text));
}

void write_email(JsonWriter& out, const Mail& mail, const EmailOptions& options) {
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

}  // namespace weir::output
