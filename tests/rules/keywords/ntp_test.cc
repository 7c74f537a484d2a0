#include <doctest/doctest.h>

#include "decoders/app/ntp/ntp.h"
#include "rules/load/unsupported.h"
#include "tests/decoders/app/ntp/ntp_builder.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;

namespace {

constexpr Direction kClient = Direction::to_server, kServer = Direction::to_client;

rules::test::One load(const std::string& options) {
  return rules::test::load("alert ntp any any -> any any (" + options + " sid:1;)");
}

void fill(ntp::NtpTransaction& tx, const std::string& datagram) {
  tx.message = ntp::parse_message({reinterpret_cast<const std::uint8_t*>(datagram.data()), datagram.size()});
}

bool holds(const std::string& options, const ntp::NtpTransaction& tx, Direction d) {
  const rules::test::One rule = load(options);
  REQUIRE(rule.error == "");
  return rule.signature->tx_checks.at(0).check->matches(tx, d);
}

}  // namespace

TEST_CASE("ntp keywords: numbers of the message, by their own names and in its direction only") {
  ntp::NtpTransaction tx(0, kServer);
  fill(tx, weir::test::ntp_time(4, 4, 1, 2, 3, "RATE"));
  struct Row {
    const char* options;
    bool holds;
  };
  for (const Row& row :
       {Row{"ntp.version:4;", true}, Row{"ntp.version:<4;", false}, Row{"ntp.mode:server;", true},
        Row{"ntp.mode:!server;", false}, Row{"ntp.mode:>3;", true}, Row{"ntp.mode:private;", false},
        Row{"ntp.stratum:3;", true}, Row{"ntp.stratum:>=4;", false}}) {
    CAPTURE(row.options);
    CHECK(holds(row.options, tx, kServer) == row.holds);
    CHECK_FALSE(holds(row.options, tx, kClient));
  }
  ntp::NtpTransaction malformed(1, kServer);
  CHECK_FALSE(holds("ntp.version:<9;", malformed, kServer));
}

TEST_CASE("ntp keywords: a message that does not tell the time has no stratum and no reference") {
  ntp::NtpTransaction control(0, kClient), time(1, kClient);
  fill(control, weir::test::ntp_control(false));
  fill(time, weir::test::ntp_time(4, 3, 1, 2, 0, "RATE"));
  CHECK_FALSE(holds("ntp.stratum:<200;", control, kClient));
  CHECK(holds("ntp.mode:control;", control, kClient));
  const rules::test::One rule = load("ntp.reference_id; content:\"RATE\";");
  REQUIRE(rule.error == "");
  CHECK(rules::test::buffer_values(*rule.signature, time, kClient) == std::vector<std::string>{"RATE"});
  CHECK(rules::test::buffer_values(*rule.signature, time, kServer).empty());
  CHECK(rules::test::buffer_values(*rule.signature, control, kClient).empty());
}

TEST_CASE("ntp keywords: what is no number and no mode is refused") {
  CHECK(load("ntp.mode:clock;").signature == nullptr);
  CHECK(load("ntp.stratum:256;").signature == nullptr);
  CHECK(load("ntp.version:;").signature == nullptr);
  CHECK(rules::test::load("alert dns any any -> any any (ntp.version:4; sid:1;)").signature == nullptr);
}

TEST_CASE("ntp keywords: a keyword that has its file is no longer refused for having none") {
  CHECK(find_unsupported_keyword("ntp.mode") == nullptr);
  CHECK(find_unsupported_keyword("snmp.version") != nullptr);
}

TEST_CASE("ntp events: each is known to rules") {
  for (const char* name : {"unsolicited_response", "malformed_data", "not_request", "not_response"}) {
    CAPTURE(name);
    CHECK(load("app-layer-event:ntp." + std::string(name) + ";").error == "");
  }
}
