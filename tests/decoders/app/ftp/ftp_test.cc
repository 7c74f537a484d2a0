#include "decoders/app/ftp/ftp.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "decoders/app/protocol.h"
#include "decoders/text.h"
#include "tests/decoders/app/conversation.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::ftp;
using Status = ParseOutcome::Status;

namespace {

constexpr Direction kClient = Direction::to_server, kServer = Direction::to_client;

struct Announced final : FlowAnnouncer {
  void announce(ExpectedFlow flow) override { flows.push_back(std::move(flow)); }
  std::vector<ExpectedFlow> flows;
};

// One control connection.
struct Control : test::AppConversation<Control, FtpParser, FtpSettings, FtpTransaction> {
  explicit Control(FtpSettings s = {}) : AppConversation(s) {
    also.client = &address;
    also.announcer = &announced;
  }

  // "COMMAND data>code code:text|text;" of each transaction, "?" where the answer is not complete.
  std::string all() {
    std::string out;
    for (const Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t)) {
      const auto& tx = tx_cast<FtpTransaction>(*t);
      out.append(tx.command).append(tx.command_data.empty() ? "" : " ").append(tx.command_data).append(">");
      for (const ReplyCode& code : tx.codes) out.append(code.data(), code.size()).append(" ");
      for (const SlabString& text : tx.replies) out.append(":").append(text);
      out += tx.complete(protocol_info(AppProto::ftp).complete(kClient), kClient) ? ";" : "?";
    }
    return out;
  }

  IpAddress address = IpAddress::v4(0x0a000001);
  Announced announced;
};

}  // namespace

TEST_CASE("ftp: replies belong to commands in their order, the greeting to none, in pieces of any size") {
  for (std::size_t step = 1; step < 120; ++step) {
    CAPTURE(step);
    Control c;
    c.step = step;
    c.server("220-Welcome\r\n to all\r\n220 (vsFTPd)\r\n");
    c.client("USER a\r\nPASS b\nFEAT\r\nRETR f.txt\r\n");
    c.server("331 Password\r\n230 in\r\n211-Features:\r\n EPRT\r\n212 no end\r\n211 End\r\n150 Opening\r\n");
    CHECK(c.all() ==
          ">220 220 :Welcome: to all:(vsFTPd);USER a>331 :Password;PASS b>230 :in;"
          "FEAT>211 212 211 :Features:: EPRT:no end:End;RETR f.txt>150 :Opening?");
    CHECK_FALSE(c.tx(4).reply_received);
    c.server("226 done\r\n221 bye\r\n");
    CHECK(c.all().ends_with("RETR f.txt>150 226 :Opening:done;>221 :bye;"));
    CHECK(c.tx(4).reply_received);
  }
}

TEST_CASE("ftp: every truncation of a conversation is taken, and no reply invented") {
  const std::string_view commands = "USER a\r\nPORT 10,0,0,1,4,1\r\nRETR x\r\n",
                         replies = "220 x\r\n331 y\r\n200 z\r\n150 o\r\n226 d\r\n";
  for (std::size_t n = 0; n < commands.size(); ++n)
    for (std::size_t m = 0; m < replies.size(); ++m) {
      Control c;
      c.server(replies.substr(0, m)).client(commands.substr(0, n));
      CHECK(c.outcome.status == Status::ok);
      CHECK(c.parser.transactions().live() <= 8);
    }
}

TEST_CASE("ftp: lines without a code are an answer up to the next command") {
  Control c;
  c.server("+OK Hello\r\n")
      .client("USER a\r\n")
      .server("+OK Pass")
      .server("word\r\nmore\r\n")
      .client("LIST\r\n");
  CHECK(c.all() == ">:+OK Hello;USER a>:+OK Password:more;LIST>?");
  CHECK(c.tx(1).reply_received);
}

TEST_CASE("ftp: what the server leaves unanswered is known when its side ends") {
  Control c;
  c.client("RETR a\r\nQUIT\r\n").server("150 go");
  c.say(kServer, "", true);
  CHECK(c.all() == "RETR a>150 :go;QUIT>;");
  CHECK_FALSE(c.tx(0).reply_received);
  CHECK_FALSE(c.tx(1).reply_received);
}

TEST_CASE("ftp: lines that are too long are cut, and told") {
  Control c({.max_line_bytes = 10});
  c.client("RETR 12345678901234567890\r\nPWD\r\n").server("257 " + std::string(30, 'x') + "\r\n200 ok\r\n");
  CHECK(c.all() == "RETR 12345>257 :xxxxxx;PWD>200 :ok;");
  CHECK(c.tx(0).command_truncated);
  CHECK(c.raised(0, Event::request_command_too_long));
  CHECK(c.raised(0, Event::response_command_too_long));
  CHECK(c.tx(0).reply_truncated);
  CHECK(c.tx(1).events.empty());
}

TEST_CASE("ftp: replies to one command are kept up to a limit") {
  Control c;
  c.client("STAT\r\n").server("211-x\r\n");
  for (std::size_t i = 0; i < 2 * kMaxReplyLines; ++i) c.server("line\r\n");
  c.server("211 end\r\n");
  CHECK(c.tx(0).replies.size() == kMaxReplyLines);
  CHECK(c.tx(0).reply_truncated);
  CHECK(c.tx(0).reply_received);
}

TEST_CASE("ftp: of more commands than may be open the oldest end, which is told") {
  Control c({.max_tx = 3});
  for (int i = 0; i < 5; ++i) c.client("NOOP\r\n");
  CHECK(c.raised(0, Event::too_many_transactions));
  CHECK(c.tx(1).ended());
  CHECK_FALSE(c.tx(2).ended());
}

TEST_CASE("ftp: transfers announce their data connection, to the port that either side named") {
  Control c;
  c.client("RETR early\r\n").server("425 no\r\n");
  CHECK(c.announced.flows.empty());
  c.client("PORT 10,0,0,1,4,1\r\n").server("200 ok\r\n").client("STOR up.bin\r\n");
  REQUIRE(c.announced.flows.size() == 1);
  CHECK(c.announced.flows[0].protocol == AppProto::ftp_data);
  CHECK(c.announced.flows[0].opened == Direction::to_client);
  CHECK(c.announced.flows[0].port == 1025);
  CHECK(c.announced.flows[0].command == "STOR");
  CHECK(c.announced.flows[0].name == "up.bin");
  CHECK(c.announced.flows[0].carries_file);
  CHECK_FALSE(c.tx(1).is_bounce);
  c.server("226 ok\r\n").client("EPSV\r\n").server("229 Extended (|||6446|)\r\n").client("LIST -a\r\n");
  REQUIRE(c.announced.flows.size() == 2);
  CHECK(c.announced.flows[1].opened == Direction::to_server);
  CHECK(c.announced.flows[1].port == 6446);
  CHECK(c.announced.flows[1].name.empty());
  CHECK_FALSE(c.announced.flows[1].carries_file);
  CHECK(c.tx(3).is_passive);
  CHECK(c.tx(3).dynamic_port == 6446);
}

TEST_CASE("ftp: a client that does not wait has its transfer announced when the port is known") {
  Control c;
  c.client("PASV\r\nTYPE I\r\nRETR a\r\nPASV\r\nRETR b\r\n");
  CHECK(c.announced.flows.empty());
  c.server("227 Passive (10,0,0,2,4,1)\r\n200 ok\r\n226 done\r\n227 Passive (10,0,0,2,4,2)\r\n");
  REQUIRE(c.announced.flows.size() == 2);
  CHECK(c.announced.flows[0].name == "a");
  CHECK(c.announced.flows[0].port == 1025);
  CHECK(c.announced.flows[1].name == "b");
  CHECK(c.announced.flows[1].port == 1026);
}

TEST_CASE("ftp: a refused or unreadable port announces nothing") {
  Control c;
  c.client("PORT 10,0,0,1,4,1\r\nPORT nonsense\r\nRETR a\r\n").server("200 ok\r\n501 no\r\n");
  c.client("PASV\r\n").server("425 no\r\n530 no 1,2,3,4,5,6\r\n").client("RETR b\r\n");
  CHECK(c.announced.flows.empty());
}

TEST_CASE("ftp: a client that names another host is told of") {
  Control c;
  c.client("PORT 192,168,1,1,0,80\r\nEPRT |1|10.0.0.1|80|\r\nEPRT |1|10.0.0.9|80|\r\n");
  CHECK(c.tx(0).is_bounce);
  CHECK_FALSE(c.tx(1).is_bounce);
  CHECK(c.tx(2).is_bounce);
}

TEST_CASE("ftp: behind AUTH, if the server agrees, TLS is expected; if not, commands go on") {
  Control yes;
  yes.client("AUTH TLS\r\n").client("\x16\x03\x01");
  CHECK(yes.sides[index(kClient)].kept.size() == 3);
  yes.server("234 go\r\n\x16\x03");
  CHECK(yes.outcome.status == Status::change);
  CHECK(yes.outcome.next_protocol == AppProto::tls);
  CHECK(yes.outcome.check_next);
  CHECK(yes.sides[index(kServer)].kept.size() == 2);
  CHECK(yes.all() == "AUTH TLS>234 :go;");

  Control no;
  no.client("auth ssl\r\nUSER a\r\n").server("504 no\r\n").client("PASS b\r\n");
  CHECK(no.all() == "AUTH ssl>504 :no;USER a>?PASS b>?");

  Control held;
  held.client("AUTH TLS\r\n").client(std::string(kMaxBehindAuth, 'x') + "\r\nPWD\r\n");
  CHECK(held.all().ends_with("PWD>?"));
}

TEST_CASE("ftp: behind a gap both sides go on with the next line") {
  Control c;
  c.client("USER a\r\nPA").server("331-x\r\n");
  c.sides = {};
  CHECK(c.parser.on_gap(kClient, 5));
  CHECK(c.parser.on_gap(kServer, 5));
  c.client("SS b\r\nPWD\r\n").server("rest\r\n230 in\r\n257 here\r\n");
  CHECK(c.all() == "USER a>331 230 :x:in;PWD>257 :here;");
}

TEST_CASE("ftp: replies that are missing do not shift the others for good") {
  Control gap;
  gap.client("USER a\r\n").client("PASS b\r\n").client("PWD\r\n");
  CHECK(gap.parser.on_gap(kServer, 50));
  gap.server("rest\r\n257 here\r\n");
  CHECK(gap.all() == "USER a>;PASS b>;PWD>257 :here;");
  CHECK_FALSE(gap.tx(1).reply_received);

  Control silent;
  silent.client("NOOP\r\nPASV\r\nRETR a\r\n").server("227 (10,0,0,2,4,1)\r\n");
  CHECK(silent.all() == "NOOP>;PASV>227 :(10,0,0,2,4,1);RETR a>?");
  CHECK(silent.announced.flows.size() == 1);
  silent.server("229 x (|||9|)\r\n");
  CHECK(silent.all().ends_with("RETR a>229 :x (|||9|);"));
}

TEST_CASE("ftp: very many commands at once are taken in batches") {
  Control c;
  std::string many;
  for (std::size_t i = 0; i < kTransactionBatch + 10; ++i) many += "NOOP\r\n";
  c.parser.transactions().begin_batch();
  c.client(many);
  CHECK(c.outcome.paused);
  CHECK(c.parser.transactions().next_id() == kTransactionBatch);
}

TEST_CASE("ftp: the settings bound lines and transactions") {
  const FtpSettings s = FtpSettings::from(FakeSettings{{"max-line-length", "100"}, {"max-tx", "7"}});
  CHECK(s.max_line_bytes == 100);
  CHECK(s.max_tx == 7);
  CHECK(FtpSettings::from(no_settings()).max_line_bytes == 4096);
}

TEST_CASE("ftp: on its port any command tells it") {
  const auto probe = protocol_info(AppProto::ftp).probe;
  const auto text = [](std::string_view s) { return as_bytes(s); };
  CHECK(probe(kClient, text("auth TLS\r\n")) == ProbeResult::yes);
  CHECK(probe(kClient, text("PWD\r\n")) == ProbeResult::yes);
  CHECK(probe(kClient, text("PW")) == ProbeResult::need_more);
  CHECK(probe(kClient, text("GET / HTTP/1.1\r\n")) == ProbeResult::no);
  CHECK(probe(kClient, text("aaaaaaaaaaaaaaaaaaaaaaa")) == ProbeResult::no);
  CHECK(probe(kServer, text("PWD\r\n")) == ProbeResult::no);
}
