#include "decoders/app/pop3/pop3.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "tests/decoders/app/conversation.h"

using namespace weir;
using namespace weir::pop3;
using Status = ParseOutcome::Status;

namespace {

constexpr Direction kFromClient = Direction::to_server, kFromServer = Direction::to_client;

// One connection.
struct Pop3Connection : test::AppConversation<Pop3Connection, Pop3Parser, Pop3Settings, Pop3Transaction> {
  explicit Pop3Connection(Pop3Settings s = {}) : AppConversation(std::move(s)) {
    settings.mime.window.inspect_min_size = 0;
  }

  // "COMMAND arguments>status header|line|line" of each transaction, "?" where the response is not complete.
  std::string all() {
    std::string out;
    for (const Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t)) {
      const auto& tx = tx_cast<Pop3Transaction>(*t);
      out.append(tx.command);
      for (const SlabString& argument : tx.arguments) out.append(" ").append(argument);
      out.append(!tx.succeeded ? ">" : *tx.succeeded ? ">+" : ">-").append(tx.header);
      for (const SlabString& line : tx.lines) out.append("|").append(line);
      out += tx.progress[0] == static_cast<std::uint8_t>(ClientState::complete) ? ";" : "?";
    }
    return out;
  }
};

}  // namespace

TEST_CASE("pop3: responses belong to commands in their order, the greeting to none, in pieces of any size") {
  for (std::size_t step = 1; step < 80; ++step) {
    CAPTURE(step);
    Pop3Connection c;
    c.step = step;
    c.server("+OK ready \r\n").client("user a\r\nPASS b c\r\nSTAT\r\nLIST\r\nLIST 2\r\nUIDL\r\n");
    c.server("+OK\r\n+OK in\r\n+OK 2 30\r\n+OK\r\n1 10\r\n..x\r\n.\r\n+OK 2 20\r\n-ERR no\r\n");
    CHECK(c.all() == ">+ready;USER a>+;PASS b c>+in;STAT>+2 30;LIST>+|1 10|.x;LIST 2>+2 20;UIDL>-no;");
    for (std::uint64_t id = 0; id < 7; ++id) CHECK(c.tx(id).events.empty());
  }
}

TEST_CASE("pop3: a mail that is fetched is read, and its attachments are files") {
  const std::string mail =
      "Subject: s\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: a/b; name=f\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--B--\r\n.\r\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{5}, std::size_t{SIZE_MAX}}) {
    Pop3Connection c;
    c.step = step;
    c.server("+OK\r\n").client("RETR 1\r\nTOP 1 2\r\nQUIT\r\n").server("+OK 100 octets\r\n" + mail);
    CHECK(c.all() == ">+;RETR 1>+100 octets;TOP 1 2>?QUIT>?");
    CHECK(c.tx(1).mail->field("subject") == "s");
    CHECK(c.tx(1).mail->status == mime::Status::parse_done);
    REQUIRE(c.tx(1).files(kFromServer)->size() == 1);
    const AppFile& file = *(*c.tx(1).files(kFromServer))[0];
    CHECK(file.name == "f");
    CHECK(file.state == FileState::closed);
    CHECK(as_text(file.content->view().data) == "ABC");
    c.server("+OK\r\nContent-Disposition: attachment; filename=g\r\n\r\nbegin\r\n.\r\n+OK bye\r\n");
    CHECK(c.all().ends_with("TOP 1 2>+;QUIT>+bye;"));
    REQUIRE(c.tx(2).files(kFromServer)->size() == 1);
    CHECK((*c.tx(2).files(kFromServer))[0]->state == FileState::truncated);  // there is more of it
  }
}

TEST_CASE("pop3: every truncation of a conversation is taken, and no response invented") {
  const std::string_view commands = "USER a\r\nRETR 1\r\nSTLS\r\n",
                         responses = "+OK x\r\n+OK y\r\n+OK z\r\nSubject: s\r\n\r\nb\r\n.\r\n-ERR n\r\n";
  for (std::size_t n = 0; n < commands.size(); ++n)
    for (std::size_t m = 0; m < responses.size(); ++m) {
      Pop3Connection c;
      c.server(responses.substr(0, m)).client(commands.substr(0, n)).say(kFromServer, "", true);
      CHECK(c.outcome.status == Status::ok);
      CHECK(c.parser.transactions().live() <= 9);
    }
}

TEST_CASE("pop3: TLS follows upon STLS when the server agrees, and lines of AUTH are no commands") {
  Pop3Connection c;
  c.server("+OK\r\n")
      .client("AUTH LOGIN\r\n")
      .server("+ VXNlcm5hbWU6\r\n")
      .client("QUIT\r\n")
      .server("+ \r\n");
  c.client("RETR\r\n").server("-ERR no\r\n").client("STLS\r\nRETR 1\r\n");
  CHECK(c.all() == ">+;AUTH LOGIN>-no;STLS>?");
  c.server("-ERR not now\r\n");
  CHECK(c.all() == ">+;AUTH LOGIN>-no;STLS>-not now;RETR 1>?");
  c.server("-ERR\r\n").client("STLS\r\n").server("+OK go\r\n");
  CHECK(c.outcome.status == Status::change);
  CHECK(c.outcome.next_protocol == AppProto::tls);
  CHECK(c.outcome.check_next);
}

TEST_CASE("pop3: what is wrong with commands and responses is told") {
  struct Row {
    Event event;
    std::string wrong, right;
  };
  for (const Row& row : {Row{Event::request_too_long, "PASS " + std::string(kLongCommand - 4, 'x'),
                             "PASS " + std::string(kLongCommand - 5, 'x')},
                         Row{Event::incorrect_argument_count, "RETR", "RETR 1"},
                         Row{Event::incorrect_argument_count, "STAT 1", "STAT"},
                         Row{Event::unknown_command, "XYZZY", "NOOP"}}) {
    CAPTURE(row.wrong);
    Pop3Connection c;
    c.client(row.wrong + "\r\n" + row.right + "\r\n");
    CHECK(c.raised(0, row.event));
    CHECK_FALSE(c.raised(1, row.event));
  }
  Pop3Connection c;
  c.client("NOOP\r\nNOOP\r\n")
      .server("+OK " + std::string(kLongResponse, 'x') + "\r\nnone at all\r\n+OK\r\n");
  CHECK(c.raised(0, Event::response_too_long));
  CHECK(c.tx(1).events.empty());
  CHECK(c.tx(1).succeeded);
}

TEST_CASE("pop3: arguments, lines and what waits behind STLS have caps") {
  Pop3Connection c;
  std::string many = "NOOP";
  for (std::size_t i = 0; i < 2 * kMaxArguments; ++i) many += " x";
  c.client(many + "\r\nLIST\r\n").server("+OK\r\n+OK\r\n");
  CHECK(c.tx(0).arguments.size() == kMaxArguments);
  for (std::size_t i = 0; i < 2 * kMaxLines; ++i) c.server("x\r\n");
  CHECK(c.tx(1).lines.size() == kMaxLines);
  Pop3Connection held;
  held.client("STLS\r\n" + std::string(kMaxBehindSecurity, 'x'));
  CHECK(held.sides[0].kept.empty());
}

TEST_CASE("pop3: after missing bytes responses belong to the last command, and a mail has a gap") {
  Pop3Connection c;
  c.client("NOOP\r\nSTAT\r\n");
  CHECK(c.parser.on_gap(kFromServer, 10));
  c.server("rest\r\n+OK 1 2\r\n");
  CHECK(c.all() == "NOOP>;STAT>+1 2;");
  Pop3Connection mail;
  mail.client("RETR 1\r\n").server("+OK\r\nContent-Type: a/b; name=f\r\n\r\nabc");
  CHECK(mail.parser.on_gap(kFromServer, 10));
  mail.server("xyz\r\n.\r\n+OK\r\n");
  REQUIRE(mail.tx(0).files(kFromServer)->size() == 1);
  CHECK((*mail.tx(0).files(kFromServer))[0]->has_gaps);
  CHECK(mail.all() == "RETR 1>+;>+;");
}
