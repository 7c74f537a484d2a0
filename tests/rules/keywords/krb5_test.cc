#include <doctest/doctest.h>

#include "decoders/app/krb5/krb5.h"
#include "tests/decoders/app/krb5/krb5_builder.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;

namespace {

rules::test::One load_krb5(const std::string& options) {
  return rules::test::load("alert krb5 any any -> any any (" + options + " sid:1;)");
}

krb5::Krb5Transaction& hold(krb5::Krb5Transaction& tx, const std::string& bytes) {
  tx.message = krb5::parse_message(rules::test::bytes_of(bytes));
  REQUIRE(tx.message.has_value());
  return tx;
}

bool krb5_matches(const std::string& options, const Transaction& tx, Direction d) {
  const auto rule = load_krb5(options);
  REQUIRE(rule.error == "");
  return rule.signature->tx_checks.at(0).check->matches(tx, d);
}

}  // namespace

TEST_CASE(
    "krb5 keywords: the type of a message and the code of an error, in the direction in which it was sent") {
  krb5::Krb5Transaction request(0, Direction::to_server), error(1, Direction::to_client),
      broken(2, Direction::to_server);
  hold(request, weir::test::krb5_request(12));
  hold(error, weir::test::krb5_error(25));
  CHECK(krb5_matches("krb5_msg_type:12;", request, Direction::to_server));
  CHECK_FALSE(krb5_matches("krb5_msg_type:12;", request, Direction::to_client));
  CHECK_FALSE(krb5_matches("krb5_msg_type:10;", request, Direction::to_server));
  CHECK_FALSE(krb5_matches("krb5_msg_type:>0;", broken, Direction::to_server));
  CHECK(krb5_matches("krb5_err_code:25;", error, Direction::to_client));
  CHECK(krb5_matches("krb5_err_code:!0;", error, Direction::to_client));
  CHECK_FALSE(krb5_matches("krb5_err_code:!0;", request, Direction::to_server));
}

TEST_CASE("krb5 keywords: each part of a name") {
  krb5::Krb5Transaction request(0, Direction::to_server);
  hold(request, weir::test::krb5_request(10, {"alice", "admin"}, {"host", "www"}));
  using Values = std::vector<std::string>;
  for (const auto& [name, values] : {std::pair{"krb5.cname", Values{"alice", "admin"}},
                                     {"krb5_cname", Values{"alice", "admin"}},
                                     {"krb5.sname", Values{"host", "www"}},
                                     {"krb5_sname", Values{"host", "www"}}}) {
    const auto rule = load_krb5(std::string(name) + "; content:\"x\";");
    REQUIRE(rule.error == "");
    CHECK(rules::test::buffer_values(*rule.signature, request, Direction::to_server) == values);
    CHECK(rules::test::buffer_values(*rule.signature, request, Direction::to_client).empty());
  }
}

TEST_CASE("krb5 keywords: how a ticket is encrypted") {
  krb5::Krb5Transaction weak(0, Direction::to_client), strong(1, Direction::to_client),
      none(2, Direction::to_client);
  hold(weak, weir::test::krb5_reply(13, 18, 23));
  hold(strong, weir::test::krb5_reply(13, 23, 18));
  hold(none, weir::test::krb5_error(1));
  struct Row {
    const char* argument;
    bool weak, strong;
  };
  for (const Row& row :
       {Row{"weak", true, false}, Row{"!weak", false, true}, Row{"23", true, false},
        Row{"rc4-hmac, rc4-hmac-exp", true, false}, Row{"1 2 aes256-cts-hmac-sha1-96", false, true},
        Row{"!rc4-hmac,-133", false, true}}) {
    CAPTURE(row.argument);
    const std::string options = "krb5.ticket_encryption:" + std::string(row.argument) + ";";
    CHECK(krb5_matches(options, weak, Direction::to_client) == row.weak);
    CHECK(krb5_matches(options, strong, Direction::to_client) == row.strong);
    CHECK_FALSE(krb5_matches(options, none, Direction::to_client));
    CHECK_FALSE(krb5_matches(options, weak, Direction::to_server));
  }
  for (const char* wrong :
       {"krb5.ticket_encryption:;", "krb5.ticket_encryption:rc5;", "krb5.ticket_encryption:weak,1;",
        "krb5_msg_type:x;", "krb5_err_code:4294967296;"}) {
    CAPTURE(wrong);
    CHECK(load_krb5(wrong).error != "");
  }
}
