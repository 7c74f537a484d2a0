#include <doctest/doctest.h>

#include "decoders/app/imap/transaction.h"
#include "decoders/app/pop3/transaction.h"
#include "decoders/app/smtp/transaction.h"
#include "tests/rules/load_one.h"

using namespace weir;

namespace {

std::vector<std::string> values_of(const std::string& buffer, const Transaction& tx,
                                   const std::string& protocol = "smtp", Direction d = Direction::to_server) {
  const rules::test::One rule =
      rules::test::load("alert " + protocol + " any any -> any any (" + buffer + "; content:\"x\"; sid:1;)");
  REQUIRE(rule.error == "");
  return rules::test::buffer_values(*rule.signature, tx, d);
}

std::unique_ptr<mime::Mail> mail_with_subject() {
  auto mail = std::make_unique<mime::Mail>();
  mail->fields.push_back({SlabString("Subject"), SlabString("s")});
  return mail;
}

}  // namespace

TEST_CASE("smtp keywords: the envelope of a mail") {
  smtp::SmtpTransaction tx(0);
  for (const char* buffer : {"smtp.helo", "smtp.mail_from", "smtp.rcpt_to"})
    CHECK(values_of(buffer, tx).empty());
  tx.helo = "me";
  tx.mail_from = "<a@b>";
  tx.rcpt_to = {SlabString("<c@d>"), SlabString("<e@f>")};
  CHECK(values_of("smtp.helo", tx) == std::vector<std::string>{"me"});
  CHECK(values_of("smtp.mail_from", tx) == std::vector<std::string>{"<a@b>"});
  CHECK(values_of("smtp.rcpt_to", tx) == std::vector<std::string>{"<c@d>", "<e@f>"});
}

TEST_CASE("email keywords: fields of the header, every one of a name, and subjects as they are meant") {
  smtp::SmtpTransaction tx(0);
  for (const char* buffer : {"email.from", "email.subject", "email.url", "email.body_md5"})
    CHECK(values_of(buffer, tx).empty());
  tx.mail = std::make_unique<mime::Mail>();
  for (const auto& [name, value] : {std::pair{"FROM", "a@b"},
                                    {"To", "c@d, e@f"},
                                    {"Cc", "g@h"},
                                    {"Date", "now"},
                                    {"Message-Id", "<1>"},
                                    {"X-Mailer", "m"},
                                    {"Received", "r1"},
                                    {"received", "r2"},
                                    {"Subject", "=?utf-8?Q?a_b?="},
                                    {"Subject", "plain"}})
    tx.mail->fields.push_back({SlabString(name), SlabString(value)});
  tx.mail->urls = {SlabString("u1"), SlabString("u2")};
  tx.mail->body_md5 = "0123";
  struct Row {
    const char* buffer;
    std::vector<std::string> values;
  };
  for (const Row& row :
       {Row{"email.from", {"a@b"}}, Row{"email.to", {"c@d, e@f"}}, Row{"email.cc", {"g@h"}},
        Row{"email.date", {"now"}}, Row{"email.message_id", {"<1>"}}, Row{"email.x_mailer", {"m"}},
        Row{"email.received", {"r1", "r2"}}, Row{"email.subject", {"=?utf-8?Q?a_b?=", "a b", "plain"}},
        Row{"email.url", {"u1", "u2"}}, Row{"email.body_md5", {"0123"}}}) {
    CAPTURE(row.buffer);
    CHECK(values_of(row.buffer, tx) == row.values);
  }
}

TEST_CASE(
    "email keywords: fields of mails that are fetched or stored otherwise, from the side that sent them") {
  using Values = std::vector<std::string>;
  const std::string buffer = "email.subject";
  pop3::Pop3Transaction fetched(0);
  fetched.mail = mail_with_subject();
  CHECK(values_of(buffer, fetched, "pop3", Direction::to_client) == Values{"s"});
  imap::ImapTransaction tx(0);
  CHECK(values_of(buffer, tx, "imap", Direction::to_client).empty());
  tx.mail = mail_with_subject();
  for (const bool is_stored : {false, true}) {
    CAPTURE(is_stored);
    tx.command = is_stored ? "APPEND" : "FETCH";
    CHECK(values_of(buffer, tx, "imap", Direction::to_server) == (is_stored ? Values{"s"} : Values{}));
    CHECK(values_of(buffer, tx, "imap", Direction::to_client) == (is_stored ? Values{} : Values{"s"}));
  }
}
