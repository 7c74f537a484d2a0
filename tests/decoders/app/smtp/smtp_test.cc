#include "decoders/app/smtp/smtp.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "decoders/app/protocol.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "tests/decoders/app/conversation.h"
#include "tests/decoders/app/frame_recorder.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::smtp;
using Status = ParseOutcome::Status;

namespace {

constexpr Direction kFromClient = Direction::to_server, kFromServer = Direction::to_client;

// One connection.
struct Connection : test::AppConversation<Connection, SmtpParser, SmtpSettings, SmtpTransaction> {
  using AppConversation::AppConversation;
  Connection& greet() {
    return server("220 mx\r\n").client("EHLO me\r\n").server("250-mx\r\n250 SIZE 1000\r\n");
  }
  Connection& envelope() {
    return client("MAIL FROM:<a@b>\r\n")
        .server("250 ok\r\n")
        .client("RCPT TO:<c@d>\r\n")
        .server("250 ok\r\n");
  }

  // "helo sender>recipients subject" of each transaction, "?" where it has not ended.
  std::string all() {
    std::string out;
    for (const Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t)) {
      const auto& tx = tx_cast<SmtpTransaction>(*t);
      out.append(tx.helo ? *tx.helo : "-").append(" ").append(tx.mail_from ? *tx.mail_from : "-").append(">");
      for (const SlabString& to : tx.rcpt_to) out.append(to);
      if (tx.mail) out.append(" ").append(tx.mail->field("subject"));
      out += tx.is_complete() ? ";" : "?";
    }
    return out;
  }
};

constexpr std::string_view kMail = "Subject: one\r\n\r\n..body\r\n.\r\n";

}  // namespace

TEST_CASE("smtp: mails, one behind the other, and what comes besides, in pieces of any size") {
  for (std::size_t step = 1; step < 60; ++step) {
    CAPTURE(step);
    Connection c;
    c.step = step;
    c.greet().envelope().client("DATA\r\n").server("354 go\r\n").client(kMail).server("250 queued\r\n");
    c.client("MAIL FROM:<>\r\nRCPT TO:<x>\r\nRCPT TO:<y>\r\nDATA\r\n")
        .server("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
    c.client("Subject: two\r\n\r\n.\r\nQUIT\r\n").server("250 ok\r\n221 bye\r\n");
    CHECK(c.all() == "me <a@b>><c@d> one;me <>><x><y> two;me ->?");
    CHECK(c.tx(0).events.empty());
    CHECK(c.tx(1).events.empty());
    CHECK(c.outcome.status == Status::ok);
  }
}

TEST_CASE("smtp: every truncation of a conversation is taken") {
  const std::string_view
      commands = "EHLO me\r\nMAIL FROM:<a>\r\nDATA\r\nSubject: s\r\n\r\nx\r\n.\r\nBDAT 3 LAST\r\nabcQUIT\r\n",
      replies = "220 x\r\n250 y\r\n250 z\r\n354 go\r\n250 ok\r\n250 ok\r\n";
  for (std::size_t n = 0; n < commands.size(); ++n)
    for (std::size_t m = 0; m < replies.size(); ++m) {
      Connection c;
      c.server(replies.substr(0, m)).client(commands.substr(0, n)).say(kFromClient, "", true);
      CHECK(c.outcome.status == Status::ok);
      CHECK(c.parser.transactions().live() <= 4);
    }
}

TEST_CASE("smtp: what is behind DATA waits for the answer") {
  Connection c;
  c.greet().envelope().client("DATA\r\nSubject: early\r\n\r\n.\r\n");
  CHECK(c.all() == "me <a@b>><c@d> ?");
  c.server("354 go\r\n");
  CHECK(c.all() == "me <a@b>><c@d> early;");
  CHECK(c.raised(0, Event::invalid_pipelined_sequence));

  Connection refused;
  refused.greet().client("DATA\r\nRSET\r\nMAIL FROM:<a@b>\r\n").server("503 no\r\n");
  CHECK(refused.all() == "me -> ;me <a@b>>?");
  CHECK(refused.raised(0, Event::data_command_rejected));
}

TEST_CASE("smtp: without the server's side, the server is taken to agree") {
  Connection c;
  c.client("EHLO me\r\nMAIL FROM:<a@b>\r\nDATA\r\nSubject: s\r\n\r\n.\r\nQUIT\r\n");
  CHECK(c.all() == "me <a@b>> s;me ->?");
  Connection full;
  full.server("220 x\r\n").client("DATA\r\n" + std::string(kMaxHeld, 'x'));
  CHECK(full.sides[0].kept.empty());
}

TEST_CASE("smtp: chunks of a mail, whatever bytes they have") {
  for (std::size_t step = 1; step < 40; ++step) {
    CAPTURE(step);
    Connection c;
    c.step = step;
    c.greet().envelope().client("BDAT 14\r\nSubject: one\r\n").server("250 ok\r\n");
    c.client("BDAT 7\r\n\r\n.\r\nxxBDAT 0 LAST\r\nQUIT\r\n").server("250 ok\r\n250 ok\r\n221 bye\r\n");
    CHECK(c.all() == "me <a@b>><c@d> one;me ->?");
    CHECK(c.tx(0).events.empty());
  }
  Connection wrong;
  wrong.greet().client("BDAT x\r\n").server("501 no\r\n").client("BDAT 2000\r\n");
  CHECK(wrong.raised(0, Event::bdat_chunk_len_exceeded));
  Connection within;
  within.greet().client("BDAT 1000\r\n");
  CHECK_FALSE(within.raised(0, Event::bdat_chunk_len_exceeded));
}

TEST_CASE("smtp: RSET ends a mail, XCLIENT begins a new client") {
  Connection c;
  c.greet()
      .envelope()
      .client("RSET\r\n")
      .server("250 ok\r\n")
      .client("XCLIENT ADDR=192.0.2.1\r\n")
      .server("220 mx\r\n");
  c.client("EHLO other\r\n").server("250 ok\r\n");
  CHECK(c.all() == "me <a@b>><c@d>;me ->;other ->?");
  Connection chunks;
  chunks.greet().client("BDAT 12\r\nSubject: s\r\n").server("250 ok\r\n").client("RSET\r\n");
  CHECK(chunks.all() == "me -> ?");
  chunks.server("250 ok\r\n");
  CHECK(chunks.all() == "me -> s;");
  CHECK(chunks.tx(0).mail->status != mime::Status::parse_done);
}

TEST_CASE("smtp: RSET counts with its reply, or with the command behind it, and not when it is refused") {
  Connection refused;
  refused.greet().envelope().client("RSET\r\n").server("450 not now\r\n").client("NOOP\r\n");
  CHECK(refused.all() == "me <a@b>><c@d>?");
  Connection at_once;
  at_once.greet().envelope().client("RSET\r\nMAIL FROM:<e@f>\r\n").server("250 ok\r\n250 ok\r\n");
  CHECK(at_once.all() == "me <a@b>><c@d>;me <e@f>>?");
}

TEST_CASE("smtp: TLS follows upon STARTTLS when the server agrees") {
  Connection c;
  c.greet().client("STARTTLS\r\n").server("220 go\r\n");
  CHECK(c.outcome.status == Status::change);
  CHECK(c.outcome.next_protocol == AppProto::tls);
  CHECK(c.outcome.check_next);
  CHECK(c.tx(0).events.empty());

  Connection refused;
  refused.greet().client("STARTTLS\r\n").server("454 no\r\n").client("NOOP\r\n");
  CHECK(refused.raised(0, Event::tls_rejected));
  CHECK_FALSE(refused.raised(0, Event::failed_protocol_change));

  Connection clear;
  clear.greet().client("STARTTLS\r\nMAIL FROM:<a@b>\r\n").server("220 go\r\n");
  CHECK(clear.raised(0, Event::failed_protocol_change));
  CHECK(clear.all() == "me <a@b>>?");
  clear.server("\x16\x03");
  CHECK(clear.outcome.status == Status::change);
}

TEST_CASE("smtp: lines of AUTH are no commands") {
  Connection c;
  c.greet()
      .client("AUTH LOGIN\r\n")
      .server("334 VXNlcm5hbWU6\r\n")
      .client("MAIL\r\n")
      .server("334 UGFzc3dvcmQ6\r\n");
  c.client("DATA\r\n").server("235 ok\r\n").client("MAIL FROM:<a@b>\r\n").server("250 ok\r\n");
  CHECK(c.all() == "me <a@b>>?");
  CHECK(c.tx(0).events.empty());
}

TEST_CASE("smtp: what is wrong with commands and replies is told") {
  struct Row {
    Event event;
    const char *client, *server;
  };
  const std::string long_command = "NOOP " + std::string(kMaxLine, 'x') + "\r\n";
  const std::string long_reply = "250 " + std::string(kMaxLine, 'x') + "\r\n";
  for (const Row& row :
       {Row{Event::duplicate_fields, "HELO again\r\n", ""},
        Row{Event::duplicate_fields, "MAIL FROM:<a>\r\nMAIL FROM:<b>\r\n", ""},
        Row{Event::unparsable_content, "MAIL <a@b>\r\n", ""},
        Row{Event::unparsable_content, "RCPT <a@b>\r\n", ""},
        Row{Event::max_command_line_len_exceeded, long_command.c_str(), ""},
        Row{Event::truncated_line, long_command.c_str(), ""},
        Row{Event::max_reply_line_len_exceeded, "NOOP\r\n", long_reply.c_str()},
        Row{Event::invalid_reply, "NOOP\r\n", "999 x\r\n"}, Row{Event::invalid_reply, "NOOP\r\n", "+OK\r\n"},
        Row{Event::unable_to_match_reply_with_request, "NOOP\r\n", "250 ok\r\n250 more\r\n"}}) {
    CAPTURE(row.client);
    CAPTURE(row.server);
    Connection c;
    c.greet().client(row.client).server(row.server);
    CHECK(c.raised(0, row.event));
  }
  Connection right;
  right.greet().envelope().client("NOOP\r\n").server("250 ok\r\n421 closing\r\n451 timeout\r\n");
  CHECK(right.tx(0).events.empty());
}

TEST_CASE("smtp: the first reply is a greeting") {
  struct Row {
    const char* reply;
    bool told;
  };
  for (const Row& row : {Row{"220 x\r\n", false}, Row{"250 x\r\n", true}, Row{"554 no\r\n", false},
                         Row{"421 no\r\n", false}}) {
    CAPTURE(row.reply);
    Connection c;
    c.client("EHLO me\r\n").server(row.reply);
    CHECK(c.raised(0, Event::no_server_welcome_message) == row.told);
    CHECK_FALSE(c.raised(0, Event::unable_to_match_reply_with_request));
  }
  Connection midway;
  CHECK_FALSE(midway.parser.begin_midway());
  midway.client("NOOP\r\n").server("250 x\r\n250 y\r\n");
  CHECK(midway.tx(0).events.empty());
}

TEST_CASE("smtp: a server that does not speak it ends the reading, once the client has spoken") {
  Connection c;
  c.server("+OK POP3\r\n");
  CHECK(c.outcome.status == Status::ok);
  c.client("QUIT\r\n");
  CHECK(c.outcome.status == Status::error);
}

TEST_CASE("smtp: missing bytes: of the server nothing is matched, of a mail the file has a gap") {
  Connection c;
  c.greet().client("NOOP\r\n");
  CHECK(c.parser.on_gap(kFromServer, 10));
  c.server("rest\r\n250 a\r\n250 b\r\n")
      .envelope()
      .client("DATA\r\n")
      .server("250 stray\r\n354 go\r\n")
      .client(kMail);
  CHECK(c.all() == "me <a@b>><c@d> one;");
  CHECK(c.tx(0).events.empty());

  Connection cut;
  cut.greet().envelope().client("DATA\r\n").server("354 go\r\n");
  cut.client("Subject: s\r\nContent-Type: a/b; name=f\r\n\r\nabc");
  CHECK(cut.parser.on_gap(kFromClient, 100));
  cut.server("250 queued\r\n").client("QUIT\r\n");
  CHECK(cut.all() == "me <a@b>><c@d> s;me ->?");
  const FileList& files = *cut.tx(0).files(kFromClient);
  REQUIRE(files.size() == 1);
  CHECK(files[0]->state == FileState::truncated);
  CHECK(files[0]->has_gaps);

  Connection chunk;
  chunk.greet().client("BDAT 100 LAST\r\nabc");
  CHECK(chunk.parser.on_gap(kFromClient, 97));
  chunk.client("BDAT 100 LAST\r\nabc");
  CHECK(chunk.all() == "me -> ;me -> ?");
  CHECK(chunk.parser.on_gap(kFromClient, 98));
  chunk.client("rest of a line\r\nMAIL FROM:<a@b>\r\n");
  CHECK(chunk.all() == "me -> ;me -> ;me <a@b>>?");
}

TEST_CASE("smtp: a mail that does not end has files that are truncated") {
  Connection c;
  c.greet().envelope().client("DATA\r\n").server("354 go\r\n").client("Content-Type: a/b; name=f\r\n\r\nabc");
  c.say(kFromClient, "", true);
  REQUIRE(c.tx(0).files(kFromClient)->size() == 1);
  CHECK((*c.tx(0).files(kFromClient))[0]->state == FileState::truncated);
  CHECK(c.tx(0).mail->status == mime::Status::body_started);
}

TEST_CASE("smtp: the mail as a whole is a file when that is asked for") {
  Connection c(SmtpSettings::from(FakeSettings{{"raw-extraction", "yes"}}));
  c.greet().envelope().client("DATA\r\n").server("354 go\r\n").client(kMail);
  REQUIRE(c.tx(0).files(kFromClient)->size() == 1);
  const AppFile& file = *(*c.tx(0).files(kFromClient))[0];
  CHECK(file.name == kRawFileName);
  CHECK(file.size == std::string_view("Subject: one\r\n\r\n.body\r\n").size());
  CHECK(c.tx(0).mail == nullptr);
}

TEST_CASE("smtp: recipients and commands without an answer have caps") {
  Connection c;
  c.greet();
  for (std::size_t i = 0; i < kMaxRecipients + 200; ++i) c.client("RCPT TO:<x>\r\n");
  CHECK(c.tx(0).rcpt_to.size() == kMaxRecipients);
  for (std::size_t i = 0; i < kMaxRecipients + 300; ++i) c.server("250 ok\r\n");
  CHECK_FALSE(c.raised(0, Event::unable_to_match_reply_with_request));
  Connection many({.max_tx = 4});
  many.greet();
  for (int i = 0; i < 10; ++i) many.client("RSET\r\n");
  CHECK(many.raised(5, Event::too_many_transactions));
  CHECK_FALSE(many.raised(6, Event::too_many_transactions));
}

TEST_CASE("smtp: settings of mails") {
  const SmtpSettings s = SmtpSettings::from(FakeSettings{{"max-tx", "3"},
                                                         {"mime.decode-base64", "no"},
                                                         {"mime.header-value-depth", "10"},
                                                         {"mime.extract-urls-schemes", "FTP"},
                                                         {"mime.body-md5", "yes"},
                                                         {"inspected-tracker.content-limit", "77"}});
  CHECK(s.max_tx == 3);
  CHECK_FALSE(s.mime.base64);
  CHECK(s.mime.header_value_depth == 10);
  CHECK(s.mime.url_schemes == std::vector<std::string>{"ftp"});
  CHECK(s.mime.body_md5);
  CHECK(s.mime.window.limit == 77);
}

TEST_CASE("smtp: what is passed over behind missing bytes is in no frame, however it comes") {
  for (const bool whole : {true, false}) {
    test::FrameRecorder recorder(protocol_info(AppProto::smtp));
    CHECK(recorder.parser().on_gap(kFromClient, 5));
    if (whole) {
      recorder.feed(kFromClient, "rest\r\nNOOP\r\n");
    } else {
      recorder.feed(kFromClient, "rest\r\n");
      recorder.feed(kFromClient, "NOOP\r\n");
    }
    CHECK(recorder.frames(kFromClient) == "command_line 6+6/0");
  }
}

TEST_CASE(
    "smtp: TLS may follow where a line begins, not in the rest of one that was missed, however it comes") {
  for (const std::size_t step : {SIZE_MAX, std::size_t{1}}) {
    Connection c;
    c.step = step;
    c.greet().client("STARTTLS\r\n");
    CHECK(c.parser.on_gap(kFromServer, 10));
    CHECK(c.parser.on_gap(kFromClient, 10));
    c.client("rest \x16 of it\r\n");
    CHECK(c.outcome.status == Status::ok);
    c.client("\x16\x03\x01");
    CHECK(c.outcome.status == Status::change);
  }
}

TEST_CASE("smtp: commands that are answered are let go of while others wait") {
  Connection c;
  c.greet().client("NOOP\r\n");
  for (std::size_t i = 0; i < 5 * kMaxAwaited; ++i) c.client("NOOP\r\n").server("250 ok\r\n");
  c.server("250 ok\r\n");
  CHECK_FALSE(c.raised(0, Event::unable_to_match_reply_with_request));
  c.server("250 ok\r\n");
  CHECK(c.raised(0, Event::unable_to_match_reply_with_request));
}
