#include <doctest/doctest.h>

#include "decoders/app/ldap/transaction.h"
#include "tests/decoders/app/ldap/ldap_builder.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;
using rules::test::bytes_of;

namespace {

rules::test::One load_ldap(const std::string& options) {
  return rules::test::load("alert ldap any any -> any any (" + options + " sid:1;)");
}

bool ldap_matches(const std::string& options, const Transaction& tx, Direction d) {
  const auto rule = load_ldap(options);
  REQUIRE_MESSAGE(rule.error == "", options);
  return rule.signature->tx_checks.at(0).check->matches(tx, d);
}

std::vector<std::string> ldap_values(const std::string& buffer, const Transaction& tx, Direction d) {
  const auto rule = load_ldap(buffer + "; content:\"x\";");
  REQUIRE_MESSAGE(rule.error == "", buffer);
  return rules::test::buffer_values(*rule.signature, tx, d);
}

// A search with two entries and its result.
ldap::LdapTransaction& make_search(ldap::LdapTransaction& tx) {
  using namespace weir::test;
  tx.ask(ldap::parse_message(bytes_of(ldap_search(2, "dc=a", {"cn", "sn"}))).value());
  for (const std::string& text :
       {ldap_entry(2, "cn=x,dc=a", ldap_attribute("cn", {"x"}) + ldap_attribute("sn", {"y"})),
        ldap_entry(2, "cn=z,dc=a", ldap_attribute("mail", {"z"})),
        ldap_result(2, 0x65, 4, "dc=m", "too many")})
    tx.keep(ldap::parse_message(bytes_of(text)).value(), 16);
  return tx;
}

}  // namespace

TEST_CASE("ldap keywords: operations, results and how many responses there are") {
  ldap::LdapTransaction search(0), none(1);
  make_search(search);
  struct Row {
    const char* options;
    Direction direction;
    bool matches;
  };
  constexpr Direction kUp = Direction::to_server, kDown = Direction::to_client;
  for (const Row& row :
       {Row{"ldap.request.operation:3;", kUp, true}, Row{"ldap.request.operation:search_request;", kUp, true},
        Row{"ldap.request.operation:bind_request;", kUp, false},
        Row{"ldap.responses.operation:search_result_done;", kDown, true},
        Row{"ldap.responses.operation:4,0;", kDown, true},
        Row{"ldap.responses.operation:4,all;", kDown, false},
        Row{"ldap.responses.operation:search_result_done,-1;", kDown, true},
        Row{"ldap.responses.result_code:size_limit_exceeded;", kDown, true},
        Row{"ldap.responses.result_code:4,0;", kDown, true},
        Row{"ldap.responses.result_code:4,all;", kDown, true},
        Row{"ldap.responses.result_code:0;", kDown, false}, Row{"ldap.responses.count:3;", kDown, true},
        Row{"ldap.responses.count:>3;", kDown, false}}) {
    CAPTURE(row.options);
    CHECK(ldap_matches(row.options, search, row.direction) == row.matches);
    CHECK_FALSE(ldap_matches(row.options, none, row.direction));
  }
  for (const char* wrong : {"ldap.request.operation:search;", "ldap.request.operation:256;",
                            "ldap.responses.result_code:x;", "flow:to_client; ldap.request.operation:3;"}) {
    CAPTURE(wrong);
    CHECK(load_ldap(wrong).error != "");
  }
}

TEST_CASE("ldap keywords: names, types of attributes and texts of results") {
  ldap::LdapTransaction search(0), unbind(1);
  make_search(search);
  unbind.ask(ldap::parse_message(bytes_of(weir::test::ldap_unbind(1))).value());
  using Values = std::vector<std::string>;
  CHECK(ldap_values("ldap.request.dn", search, Direction::to_server) == Values{"dc=a"});
  CHECK(ldap_values("ldap.request.dn", unbind, Direction::to_server).empty());
  CHECK(ldap_values("ldap.request.attribute_type", search, Direction::to_server) == Values{"cn", "sn"});
  CHECK(ldap_values("ldap.responses.dn", search, Direction::to_client) ==
        Values{"cn=x,dc=a", "cn=z,dc=a", "dc=m"});
  CHECK(ldap_values("ldap.responses.attribute_type", search, Direction::to_client) ==
        Values{"cn", "sn", "mail"});
  CHECK(ldap_values("ldap.responses.message", search, Direction::to_client) == Values{"too many"});
}
