#include <doctest/doctest.h>

#include "decoders/app/dns/dns.h"
#include "rules/load/rule_loader.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;

namespace {

// An answer from the server: one question, a CNAME, and an SOA among the authorities.
dns::Message answer() {
  constexpr std::uint8_t wire[] = {
      0x00, 0x01, 0x81, 0x83, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00,  // NXDOMAIN, 1 + 1 + 1 entries
      0x01, 'q',  0x02, 'c',  'd',  0x00, 0x00, 0x01, 0x00, 0x01,              // q.cd A
      0xc0, 0x0c, 0x00, 0x05, 0x00, 0x01, 0x00, 0x00, 0x00, 0x3c, 0x00, 0x04,  // CNAME
      0x01, 'w',  0xc0, 0x0e,                                                  // w.cd
      0xc0, 0x0e, 0x00, 0x06, 0x00, 0x01, 0x00, 0x00, 0x00, 0x3c, 0x00, 0x1d,  // SOA
      0x01, 'n',  0x01, 's',  0xc0, 0x0e, 0x01, 'h',  0x00,                    // n.s.cd, h
      0,    0,    0,    1,    0,    0,    0,    2,    0,    0,    0,    3,    0, 0, 0, 4, 0, 0, 0, 5};
  dns::Message m;
  REQUIRE(dns::parse_message(wire, m));
  return m;
}

LoadedRules load(const std::string& options) {
  RuleEnvironment environment;
  LoadedRules rules;
  load_rule_text("alert dns any any -> any any (" + options + " sid:1;)", "t.rules", environment, rules);
  return rules;
}

std::vector<std::string> values(const std::string& keyword, const dns::DnsTransaction& tx, Direction d) {
  const LoadedRules rules = load(keyword + "; content:\"x\";");
  REQUIRE(rules.signatures.size() == 1);
  return test::buffer_values(*rules.signatures[0], tx, d);
}

}  // namespace

TEST_CASE("dns keywords: each buffer shows the names of its section, in its direction") {
  dns::DnsTransaction tx(0, Direction::to_client);
  tx.message = answer();
  tx.valid = true;
  using Names = std::vector<std::string>;
  CHECK(values("dns.query", tx, Direction::to_server).empty());
  CHECK(values("dns.query", tx, Direction::to_client).empty());
  CHECK(values("dns.queries.rrname", tx, Direction::to_client) == Names{"q.cd"});
  CHECK(values("dns.query.name", tx, Direction::to_client) == Names{"q.cd"});
  CHECK(values("dns.answers.rrname", tx, Direction::to_client) == Names{"q.cd"});
  CHECK(values("dns.answer.name", tx, Direction::to_client) == Names{"q.cd"});
  CHECK(values("dns.authorities.rrname", tx, Direction::to_client) == Names{"cd"});
  CHECK(values("dns.additionals.rrname", tx, Direction::to_client).empty());
  CHECK(values("dns.response.rrname", tx, Direction::to_client) ==
        Names{"q.cd", "q.cd", "w.cd", "q.cd", "cd", "n.s.cd", "h"});

  dns::DnsTransaction request(1, Direction::to_server);
  request.message = answer();
  request.valid = true;
  CHECK(values("dns_query", request, Direction::to_server) == Names{"q.cd"});
  request.valid = false;
  CHECK(values("dns_query", request, Direction::to_server).empty());
}

TEST_CASE("dns keywords: numbers are compared by value, range and name") {
  dns::DnsTransaction tx(0, Direction::to_client);
  tx.message = answer();
  tx.valid = true;
  struct Row {
    const char* option;
    bool matches;
  };
  const Row rows[] = {{"dns.rcode:3;", true},    {"dns.rcode:!2;", true}, {"dns.rcode:NXDOMAIN;", true},
                      {"dns.rcode:0;", false},   {"dns.opcode:0;", true}, {"dns.opcode:!0;", false},
                      {"dns.opcode:>1;", false}, {"dns.rrtype:5;", true}, {"dns.rrtype:CNAME;", true},
                      {"dns.rrtype:1;", false},  {"dns.rrtype:!2;", true}};
  for (const Row& row : rows) {
    CAPTURE(row.option);
    const LoadedRules rules = load(row.option);
    REQUIRE(rules.signatures.size() == 1);
    const TxCheckEngine& engine = rules.signatures[0]->tx_checks.at(0);
    CHECK(engine.check->matches(tx, Direction::to_client) == row.matches);
    CHECK_FALSE(engine.check->matches(tx, Direction::to_server));
  }
}

TEST_CASE("dns keywords: what is no number, or too large, is refused") {
  for (const char* option :
       {"dns.opcode:x;", "dns.opcode:300;", "dns.rcode:;", "dns.rrtype:70000;", "dns.query:x;"}) {
    CAPTURE(option);
    CHECK(load(option).failed == 1);
  }
}
