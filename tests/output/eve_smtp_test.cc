#include <doctest/doctest.h>

#include "decoders/app/smtp/transaction.h"
#include "output/eve/email.h"
#include "output/eve_tx.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

std::string smtp_event(const Transaction& tx, const Settings& settings) {
  const auto writer = eve_smtp.configure(settings);
  JsonWriter out;
  {
    const auto event = out.object();
    CHECK(writer->write(out, tx));
  }
  return std::string(out.text());
}

// A sequence of several items; FakeSettings has one.
class ListSettings final : public Settings {
 public:
  explicit ListSettings(std::vector<std::string> custom, std::vector<std::string> md5 = {"body", "subject"})
      : custom_(std::move(custom)), md5_(std::move(md5)) {}
  [[nodiscard]] std::optional<std::string> text(std::string_view path) const override {
    return path == "extended" ? std::optional<std::string>("yes") : std::nullopt;
  }
  [[nodiscard]] std::vector<std::string> list(std::string_view path) const override {
    return path == "custom" ? custom_ : path == "md5" ? md5_ : std::vector<std::string>{};
  }
  void unreadable(std::string_view path, const char* expected) const override {
    told.append(path).append(": ").append(expected).append("\n");
  }
  [[nodiscard]] bool has(std::string_view path) const override { return path == "custom"; }

  mutable std::string told;

 private:
  std::vector<std::string> custom_, md5_;
};

void fill(smtp::SmtpTransaction& tx) {
  tx.helo = "me";
  tx.mail_from = "";
  tx.rcpt_to = {SlabString("<c@d>")};
  tx.mail = std::make_unique<mime::Mail>();
  tx.mail->status = mime::Status::parse_done;
  for (const auto& [name, value] : {std::pair{"From", "a@b"},
                                    {"To", "\"x, y\" <c@d>, e@f"},
                                    {"Subject", "s"},
                                    {"Received", "r1"},
                                    {"Received", "r2"},
                                    {"Reply-To", "z"}})
    tx.mail->fields.push_back({SlabString(name), SlabString(value)});
}

}  // namespace

TEST_CASE("eve smtp: what was not said is left out") {
  const smtp::SmtpTransaction tx(0);
  CHECK(smtp_event(tx, FakeSettings{}) == R"({"smtp":{}})");
}

TEST_CASE("eve smtp: the envelope and the mail in it") {
  smtp::SmtpTransaction tx(0);
  fill(tx);
  tx.mail->attachments = {SlabString("a.zip")};
  tx.mail->urls = {SlabString("x/y")};
  CHECK(
      smtp_event(tx, FakeSettings{}) ==
      R"({"smtp":{"helo":"me","mail_from":"","rcpt_to":["<c@d>"]},"email":{"status":"PARSE_DONE","from":"a@b",)"
      R"("to":["\"x, y\" <c@d>","e@f"],"attachment":["a.zip"],"has_ipv6_url":false,"has_ipv4_url":false,)"
      R"("has_exe_url":false,"url":["x/y"]}})");
}

TEST_CASE("eve smtp: further fields when they are asked for, and digests") {
  smtp::SmtpTransaction tx(0);
  fill(tx);
  const std::string usual = smtp_event(tx, FakeSettings{{"extended", "yes"}});
  CHECK(usual.find(R"("subject":"s")") != std::string::npos);
  CHECK(usual.find("reply_to") == std::string::npos);
  tx.mail->body_md5 = "0123";
  const std::string custom = smtp_event(tx, ListSettings({"Received", "reply-to"}));
  CHECK(
      custom.find(R"("reply_to":"z","received":["r1","r2"],"subject_md5":"03c7c0ace395d80182db07ae2c30f034",)"
                  R"("body_md5":"0123")") != std::string::npos);
  CHECK(custom.find(R"("subject":)") == std::string::npos);
}

TEST_CASE("eve smtp: names that stand for nothing are told") {
  const ListSettings s({"received", "recieved"}, {"subject", "from"});
  const EmailOptions o = read_email_options(s);
  CHECK(s.told == "custom.1: a field of mails that events can show\nmd5.1: body or subject\n");
  CHECK(o.fields.size() == 1);
  CHECK(o.subject_md5);
}
