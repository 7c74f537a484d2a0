#include <doctest/doctest.h>

#include "decoders/app/ftp/transaction.h"
#include "decoders/app/ftp_data/ftp_data.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;

namespace {

constexpr Direction kClient = Direction::to_server, kServer = Direction::to_client;

rules::test::One load(const std::string& options, const std::string& protocol = "ftp") {
  return rules::test::load("alert " + protocol + " any any -> any any (" + options + " sid:1;)");
}

bool holds(const std::string& options, const Transaction& tx, Direction d,
           const std::string& protocol = "ftp") {
  const rules::test::One rule = load(options, protocol);
  REQUIRE(rule.error == "");
  return rule.signature->tx_checks.at(0).check->matches(tx, d);
}

std::vector<std::string> values(const std::string& buffer, const Transaction& tx, Direction d) {
  const rules::test::One rule = load(buffer + "; content:\"x\";");
  REQUIRE(rule.error == "");
  return rules::test::buffer_values(*rule.signature, tx, d);
}

ftp::FtpTransaction& with_port(ftp::FtpTransaction& tx, bool passive) {
  tx.command = "PORT";
  tx.command_data = "10,0,0,1,4,1";
  tx.dynamic_port = 1025;
  tx.is_passive = passive;
  return tx;
}

}  // namespace

TEST_CASE("ftp keywords: a command and what stands behind it, each line of a reply and its code") {
  ftp::FtpTransaction tx(0);
  with_port(tx, false);
  for (const char* line : {"200-first", " second", "200 third"}) tx.add_reply(ftp::parse_reply_line(line));
  CHECK(values("ftp.command", tx, kClient) == std::vector<std::string>{"PORT"});
  CHECK(values("ftp.command_data", tx, kClient) == std::vector<std::string>{"10,0,0,1,4,1"});
  CHECK(values("ftp.reply", tx, kServer) == std::vector<std::string>{"first", " second", "third"});
  CHECK(values("ftp.completion_code", tx, kServer) == std::vector<std::string>{"200", "200"});
  CHECK(values("ftp.command", ftp::FtpTransaction(1), kClient).empty());
  for (const char* wrong :
       {"flow:to_client; ftp.command; content:\"PORT\";", "flow:to_server; ftp.reply; content:\"x\";"}) {
    CAPTURE(wrong);
    CHECK(load(wrong).error != "");
  }
}

TEST_CASE("ftp keywords: the port of a data connection, and who opens it") {
  ftp::FtpTransaction active(0), passive(1), none(2);
  with_port(active, false);
  with_port(passive, true);
  struct Row {
    const char* options;
    bool active, passive;
  };
  for (const Row& row :
       {Row{"ftp.mode:active;", true, false}, Row{"ftp.mode:passive;", false, true},
        Row{"ftp.dynamic_port:1025;", true, true}, Row{"ftp.dynamic_port:>=1026;", false, false},
        Row{"ftp.dynamic_port:1000-1100;", true, true}}) {
    CAPTURE(row.options);
    CHECK(holds(row.options, active, kClient) == row.active);
    CHECK(holds(row.options, passive, kServer) == row.passive);
    CHECK_FALSE(holds(row.options, none, kClient));
  }
  active.is_bounce = true;
  CHECK(holds("ftpbounce;", active, kClient));
  CHECK_FALSE(holds("ftpbounce;", passive, kClient));
}

TEST_CASE("ftp keywords: whether there was an answer") {
  ftp::FtpTransaction tx(0);
  for (const bool answered : {false, true}) {
    tx.reply_received = answered;
    for (const char* yes : {"yes", "on"})
      CHECK(holds(std::string("ftp.reply_received:") + yes + ";", tx, kClient) == answered);
    for (const char* no : {"no", "off"})
      CHECK(holds(std::string("ftp.reply_received:") + no + ";", tx, kServer) != answered);
  }
}

TEST_CASE("ftp keywords: what a data connection is for") {
  struct Row {
    const char* command;
    bool fetched, stored;
  };
  for (const Row& row : {Row{"RETR", true, false}, Row{"STOR", false, true}, Row{"APPE", false, true},
                         Row{"STOU", false, true}, Row{"LIST", false, false}, Row{"", false, false}}) {
    CAPTURE(row.command);
    ftp_data::FtpDataTransaction tx(0);
    tx.command = row.command;
    CHECK(holds("ftpdata_command:retr;", tx, kServer, "ftp-data") == row.fetched);
    CHECK(holds("ftpdata_command:stor;", tx, kClient, "ftp-data") == row.stored);
    CHECK_FALSE(holds("ftpdata_command:retr;", tx, kClient, "ftp-data"));
    CHECK_FALSE(holds("ftpdata_command:stor;", tx, kServer, "ftp-data"));
    tx.opened = Direction::to_client;  // in active mode the server is the one that opens it
    for (const Direction d : {kClient, kServer}) {
      CHECK(holds("ftpdata_command:retr;", tx, d, "ftp-data") == row.fetched);
      CHECK(holds("ftpdata_command:stor;", tx, d, "ftp-data") == row.stored);
    }
  }
}

TEST_CASE("ftp keywords: arguments that mean nothing are refused") {
  for (const char* options :
       {"ftp.mode:both;", "ftp.mode;", "ftp.reply_received:maybe;", "ftp.dynamic_port:65536;",
        "ftp.dynamic_port:x;", "ftpbounce:1;", "ftpdata_command:list;"}) {
    CAPTURE(options);
    CHECK(load(options).error != "");
  }
}

TEST_CASE("ftp keywords: events by Suricata's names") {
  for (const char* event : {"request_command_too_long", "response_command_too_long", "too_many_transactions"})
    CHECK(load(std::string("app-layer-event:ftp.") + event + ";").error == "");
}
