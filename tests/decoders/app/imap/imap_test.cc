#include "decoders/app/imap/imap.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "tests/decoders/app/conversation.h"

using namespace weir;
using namespace weir::imap;
using Status = ParseOutcome::Status;

namespace {

constexpr Direction kFromClient = Direction::to_server, kFromServer = Direction::to_client;

const std::string kMailWithFile =
    "Subject: s\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: a/b; name=f\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--B--\r\n";

std::string braced(std::size_t n, const char* sign = "") {
  return "{" + std::to_string(n) + sign + "}\r\n";
}

// One connection.
struct ImapConnection : test::AppConversation<ImapConnection, ImapParser, ImapSettings, ImapTransaction> {
  explicit ImapConnection(ImapSettings s = {}) : AppConversation(std::move(s)) {
    settings.mime.window.inspect_min_size = 0;
  }

  // "tag COMMAND words>STATUS text|line|line" of each transaction, "?" where the response is not complete.
  std::string all() {
    std::string out;
    for (const Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t)) {
      const auto& tx = tx_cast<ImapTransaction>(*t);
      out.append(tx.tag).append(" ").append(tx.command);
      for (const SlabString& argument : tx.arguments) out.append(" ").append(argument);
      out.append(">").append(tx.status).append(" ").append(tx.text);
      for (const SlabString& line : tx.lines) out.append("|").append(line);
      if (tx.mail) out.append(" mail:").append(tx.mail->field("subject"));
      out += tx.is_complete() ? ";" : "?";
    }
    return out;
  }
};

}  // namespace

TEST_CASE("imap: responses belong to commands by their tags, the greeting to none, in pieces of any size") {
  for (std::size_t step = 1; step < 90; ++step) {
    CAPTURE(step);
    ImapConnection c;
    c.step = step;
    c.server("* OK [CAPABILITY IMAP4rev1] ready\r\n")
        .client("a1 login me secret\r\na2 Select INBOX\r\na3 NOOP\r\n");
    c.server("a1 OK in\r\n* 3 EXISTS\r\n* FLAGS (\\Seen)\r\na3 BAD what\r\na2 NO [X] not there\r\n* BYE\r\n");
    CHECK(c.all() ==
          " >OK [CAPABILITY IMAP4rev1] ready;a1 LOGIN me secret>OK in;"
          "a2 SELECT INBOX>NO [X] not there|3 EXISTS|FLAGS (\\Seen);a3 NOOP>BAD what; >BYE ;");
  }
}

TEST_CASE("imap: mails that are fetched are transactions of their own, with attachments as files") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{SIZE_MAX}}) {
    CAPTURE(step);
    ImapConnection c;
    c.step = step;
    c.server("* OK\r\n").client("1 FETCH 1:2 (FLAGS BODY[])\r\n");
    c.server("* 1 FETCH (FLAGS (\\Seen) BODY[] " + braced(kMailWithFile.size()) + kMailWithFile +
             " UID 4)\r\n" + "* 2 FETCH (RFC822.HEADER " + braced(14) + "Subject: t\r\n\r\n BODY[TEXT] " +
             braced(3) + "abc)\r\n1 OK done\r\n");
    CHECK(c.all() ==
          " >OK ;1 FETCH 1:2 (FLAGS BODY[])>OK done|1 FETCH (FLAGS (\\Seen) BODY[]|2 FETCH (RFC822.HEADER;"
          "1 FETCH BODY[]>  mail:s;1 FETCH RFC822.HEADER>  mail:t;");
    CHECK(c.tx(2).mail->status == mime::Status::parse_done);
    REQUIRE(c.tx(2).files(kFromServer)->size() == 1);
    const AppFile& file = *(*c.tx(2).files(kFromServer))[0];
    CHECK(file.name == "f");
    CHECK(file.state == FileState::closed);
    CHECK(as_text(file.content->view().data) == "ABC");
    CHECK(c.tx(3).mail->status != mime::Status::parse_done);  // only a header
  }
}

TEST_CASE("imap: a mail that is stored waits for the server, or not") {
  for (const char* sign : {"", "+"})
    for (const std::size_t step : {std::size_t{1}, std::size_t{SIZE_MAX}}) {
      CAPTURE(sign);
      ImapConnection c;
      c.step = step;
      c.server("* OK\r\n").client("1 APPEND Sent (\\Seen) " + braced(kMailWithFile.size(), sign));
      if (*sign == '\0') c.server("+ go on\r\n");
      c.client(kMailWithFile + "\r\n2 NOOP\r\n").server("1 OK\r\n2 OK\r\n");
      CHECK(c.all() == " >OK ;1 APPEND Sent (\\Seen)>OK  mail:s;2 NOOP>OK ;");
      REQUIRE(c.tx(1).files(kFromClient)->size() == 1);
      CHECK((*c.tx(1).files(kFromClient))[0]->state == FileState::closed);
    }
  ImapConnection several;
  several.server("* OK\r\n")
      .client("1 APPEND x " + braced(14, "+") + "Subject: a\r\n\r\n " + braced(14, "+"));
  several.client("Subject: b\r\n\r\n\r\n2 NOOP\r\n").server("1 OK\r\n2 OK\r\n");
  CHECK(several.all() == " >OK ;1 APPEND x>OK  mail:a;1 APPEND>  mail:b;2 NOOP>OK ;");
  ImapConnection refused;
  refused.server("* OK\r\n")
      .client("1 APPEND Sent " + braced(9) + "2 NOOP\r\n")
      .server("1 NO full\r\n")
      .server("2 OK\r\n");
  CHECK(refused.all() == " >OK ;1 APPEND Sent>NO full mail:;2 NOOP>OK ;");
  ImapConnection one_sided;
  one_sided.client("1 LOGIN " + braced(2) + "me " + braced(0) + "\r\n2 NOOP\r\n");
  CHECK(one_sided.all() == "1 LOGIN> ?2 NOOP> ?");
}

TEST_CASE("imap: TLS follows upon STARTTLS when the server agrees, nothing is read behind COMPRESS") {
  ImapConnection c;
  c.server("* OK\r\n").client("1 STARTTLS\r\n2 NOOP\r\n").server("1 NO\r\n");
  CHECK(c.all() == " >OK ;1 STARTTLS>NO ;2 NOOP> ?");
  c.server("2 OK\r\n").client("3 starttls\r\n").server("3 OK go\r\n");
  CHECK(c.outcome.status == Status::change);
  CHECK(c.outcome.next_protocol == AppProto::tls);
  CHECK(c.outcome.check_next);
  ImapConnection packed;
  packed.server("* OK\r\n")
      .client("1 COMPRESS DEFLATE\r\n")
      .server("1 OK\r\n")
      .client("2 NOOP\r\n")
      .server("x\r\n");
  CHECK(packed.parser.transactions().next_id() == 2);
  CHECK(packed.sides[0].kept.empty());
}

TEST_CASE("imap: lines of AUTHENTICATE and the end of IDLE are no commands") {
  ImapConnection c;
  c.server("* OK\r\n")
      .client("1 AUTHENTICATE PLAIN\r\n")
      .server("+ \r\n")
      .client("AGEAYg==\r\n")
      .server("1 OK\r\n");
  c.client("2 IDLE\r\n").server("+ idling\r\n* 4 EXISTS\r\n").client("DONE\r\n").server("2 OK\r\n");
  CHECK(c.all() == " >OK ;1 AUTHENTICATE PLAIN>OK ;2 IDLE>OK |4 EXISTS;");
}

TEST_CASE("imap: what is wrong is told, and bytes that are missing are survived") {
  ImapConnection c({.max_tx = 4});
  c.server("* OK\r\n").client("1 NOOP\r\n").server("what\r\n9 OK\r\n");
  CHECK(c.raised(1, Event::invalid_response));
  CHECK(c.raised(2, Event::invalid_response));
  ImapConnection full({.max_tx = 4});
  for (int i = 0; i < 8; ++i) full.client("x NOOP\r\n");
  CHECK(full.raised(0, Event::too_many_transactions));
  ImapConnection longer;
  longer.client("1 LOGIN " + std::string(kMaxLine, 'x') + "\r\n");
  CHECK(longer.raised(0, Event::line_too_long));
  ImapConnection gap;
  gap.server("* OK\r\n")
      .client("1 FETCH 1 BODY[]\r\n")
      .server("* 1 FETCH (BODY[] {100}\r\nSubject: s\r\n\r\nx");
  CHECK(gap.parser.on_gap(kFromServer, 85));
  gap.server(")\r\n1 OK\r\n");
  CHECK(gap.all() == " >OK ;1 FETCH 1 BODY[]>OK |1 FETCH (BODY[];1 FETCH BODY[]>  mail:s;");
  CHECK(gap.parser.on_gap(kFromServer, 1000));
  gap.server("rest of a line\r\n* BYE\r\n");
  CHECK(gap.all().ends_with(" >BYE ;"));
}

TEST_CASE("imap: every truncation of a conversation is taken, and no response invented") {
  const std::string commands = "1 LOGIN a " + braced(1) + "b\r\n2 APPEND x " + braced(5, "+") +
                               "a:b\r\n\r\n3 STARTTLS\r\n",
                    responses = "* OK\r\n+ \r\n1 OK\r\n* 1 FETCH (BODY[] " + braced(5) +
                                "a:b\r\n)\r\n2 NO\r\n3 BAD\r\n";
  for (std::size_t n = 0; n <= commands.size(); ++n)
    for (std::size_t m = 0; m <= responses.size(); ++m) {
      ImapConnection c;
      c.server(std::string_view(responses).substr(0, m)).client(std::string_view(commands).substr(0, n));
      c.say(kFromServer, "", true);
      CHECK(c.outcome.status == Status::ok);
      CHECK(c.parser.transactions().live() <= 9);
    }
}

TEST_CASE("imap: a line that is cut has no literal where it is cut") {
  ImapConnection c;
  c.server("* OK ready\r\n");
  std::string line = "a NOOP ";
  line.append(kMaxLine - line.size() - 13, 'x').append("{4294967295+}");
  REQUIRE(line.size() == kMaxLine);
  c.client(line + "more\r\nb CHECK\r\n");
  CHECK(c.all().find("b CHECK") != std::string::npos);
  c.server("* x" + line.substr(3) + "more\r\nb OK done\r\n");
  CHECK(c.all().find("b CHECK>OK done") != std::string::npos);
}

TEST_CASE("imap: literals and what they hold") {
  struct Row {
    const char* line;
    std::uint64_t bytes;
    Content content;
  };
  for (const Row& row :
       {Row{"* 1 FETCH (BODY[] {5}", 5, Content::mail}, Row{"BODY[]<0> {5}", 5, Content::mail},
        Row{" rfc822 ~{7}", 7, Content::mail}, Row{"(BODY[HEADER.FIELDS (TO CC)] {1}", 1, Content::header},
        Row{"BODY[1.2] {1}", 1, Content::other}, Row{"BODY[]<9> {1}", 1, Content::other}}) {
    CAPTURE(row.line);
    const auto literal = literal_at_end(row.line);
    REQUIRE(literal);
    CHECK(literal->bytes == row.bytes);
    CHECK(content_of(literal->item) == row.content);
  }
  for (const char* none : {"", "}", "{}", "{+}", "{1", "1}", "{-1}", "{99999999999999999999}", "{5} "}) {
    CAPTURE(none);
    CHECK_FALSE(literal_at_end(none));
  }
}
