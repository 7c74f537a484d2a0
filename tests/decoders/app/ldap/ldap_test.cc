#include "decoders/app/ldap/ldap.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "tests/decoders/app/ldap/ldap_builder.h"

using namespace weir;
using namespace weir::ldap;
using namespace weir::test;
using LdapStatus = ParseOutcome::Status;

namespace {

constexpr Direction kAsking = Direction::to_server, kTelling = Direction::to_client;

struct Session {
  explicit Session(LdapSettings s = {}) : parser(s) {}
  Session& say(Direction d, std::string_view text) {
    std::size_t at = 0;
    do {
      std::string& kept = pending[index(d)];
      const std::size_t n = std::min(step, text.size() - at);
      kept += text.substr(at, n);
      at += n;
      outcome = parser.parse({.direction = d, .data = as_bytes(kept)});
      REQUIRE(outcome.consumed <= kept.size());
      kept.erase(0, outcome.consumed);
    } while (at < text.size() && outcome.status == LdapStatus::ok);
    return *this;
  }
  Session& datagram(Direction d, const std::string& text) {
    outcome = parser.parse({.direction = d, .data = as_bytes(text), .is_datagram = true});
    return *this;
  }
  // "search_request dn>search_result_entry,search_result_done;", "?" where more may come.
  std::string all() {
    std::string out;
    for (const Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t)) {
      const auto& tx = tx_cast<LdapTransaction>(*t);
      if (tx.request) out.append(operation_name(tx.request->operation)).append(" ").append(tx.request->dn);
      for (const Message& m : tx.responses)
        out.append(&m == tx.responses.data() ? ">" : ",").append(operation_name(m.operation));
      out += tx.progress[index(kTelling)] == kComplete ? ";" : "?";
    }
    return out;
  }
  const LdapTransaction& tx(std::uint64_t id) {
    const auto* found = tx_cast<LdapTransaction>(parser.transactions().find(id));
    REQUIRE(found != nullptr);
    return *found;
  }
  bool raised(std::uint64_t id, Event e) {
    for (const AppEvent& event : tx(id).events)
      if (event.code == static_cast<std::uint8_t>(e)) return true;
    return false;
  }

  std::size_t step = SIZE_MAX;
  std::array<std::string, 2> pending;
  ParseOutcome outcome;
  LdapParser parser;
};

std::optional<Message> parsed(const std::string& text) {
  return parse_message(as_bytes(text));
}

}  // namespace

TEST_CASE("ldap: operations and their responses by number, in pieces of any size") {
  const std::string asked = ldap_bind(1, "cn=admin") + ldap_search(2, "dc=a", {"*"}) +
                            ldap_search(3, "dc=b", {}) + ldap_abandon(4, 3) + ldap_unbind(5);
  const std::string told = ldap_result(1, 0x61, 0, "", "") + ldap_entry(2, "cn=x,dc=a", "") +
                           ldap_message(2, 0x73, ldap_text("ldap://b/")) + ldap_result(2, 0x65, 0, "", "");
  for (std::size_t step = 1; step < asked.size(); ++step) {
    CAPTURE(step);
    Session s;
    s.step = step;
    s.say(kAsking, asked).say(kTelling, told);
    CHECK(s.all() ==
          "bind_request cn=admin>bind_response;"
          "search_request dc=a>search_result_entry,search_result_reference,search_result_done;"
          "search_request dc=b;abandon_request ;unbind_request ;");
    CHECK(s.tx(1).response_count == 3);
    CHECK(s.outcome.status == LdapStatus::ok);
  }
}

TEST_CASE("ldap: every truncation of a conversation is taken, and none of a datagram is whole") {
  const std::string asked = ldap_search(2, "dc=a", {"cn", "sn"});
  for (std::size_t n = 1; n < asked.size(); ++n) {
    Session stream, datagram;
    stream.say(kAsking, asked.substr(0, n));
    CHECK(stream.all().empty());
    CHECK(stream.outcome.status == LdapStatus::ok);
    datagram.datagram(kAsking, asked.substr(0, n));
    CHECK(datagram.all() == ";");
    CHECK(datagram.raised(0, Event::incomplete_data));
  }
  // The same inside of a message that is whole.
  const std::string content = der(0x02, "\3") + ldap_text("cn=admin") + der(0x80, "secret");
  for (std::size_t n = 0; n + 8 < content.size(); ++n) {
    CAPTURE(n);
    CHECK_FALSE(parsed(ldap_message(1, 0x60, content.substr(0, n))).has_value());
  }
}

TEST_CASE("ldap: a datagram may bring several messages") {
  Session s;
  s.datagram(kAsking, ldap_search(1, "", {"Netlogon"}));
  s.datagram(kTelling,
             ldap_entry(1, "", ldap_attribute("netlogon", {"x"})) + ldap_result(1, 0x65, 0, "", ""));
  CHECK(s.all() == "search_request >search_result_entry,search_result_done;");
}

TEST_CASE("ldap: what each operation says") {
  const auto bind = parsed(ldap_sasl_bind(7, "GSS-SPNEGO", "ticket"));
  REQUIRE(bind.has_value());
  CHECK(bind->id == 7);
  CHECK(bind->number == 3);
  CHECK(bind->sasl->mechanism == "GSS-SPNEGO");
  CHECK(bind->sasl->credentials == "ticket");
  const auto search = parsed(ldap_search(2, "dc=a", {"cn", "sn"}));
  REQUIRE(search.has_value());
  CHECK(search->search->scope == 2);
  CHECK(search->search->size_limit == 10);
  CHECK(search->search->time_limit == 30);
  CHECK(search->search->types_only);
  CHECK(search->attributes.at(1).type == "sn");
  const auto entry =
      parsed(ldap_entry(2, "cn=x", ldap_attribute("cn", {"x", "y"}) + ldap_attribute("sn", {})));
  REQUIRE(entry.has_value());
  CHECK(entry->attributes.at(0).values.at(1) == "y");
  CHECK(entry->attributes.at(1).values.empty());
  const auto modify = parsed(ldap_message(
      3, 0x66, ldap_text("cn=x") + der(0x30, der(0x30, der(0x0a, "\2") + ldap_attribute("mail", {"a@b"})))));
  REQUIRE(modify.has_value());
  CHECK(modify->attributes.at(0).change == 2);
  CHECK(modify->attributes.at(0).values.at(0) == "a@b");
  const auto rename = parsed(
      ldap_message(4, 0x6c, ldap_text("cn=x") + ldap_text("cn=y") + der(0x01, "\xff") + der(0x80, "dc=b")));
  REQUIRE(rename.has_value());
  CHECK(rename->rename->new_rdn == "cn=y");
  CHECK(rename->rename->delete_old_rdn);
  CHECK(rename->rename->new_superior == "dc=b");
  const auto compare =
      parsed(ldap_message(5, 0x6e, ldap_text("cn=x") + der(0x30, ldap_text("sn") + ldap_text("Doe"))));
  REQUIRE(compare.has_value());
  CHECK(compare->attributes.at(0).values.at(0) == "Doe");
  CHECK(parsed(ldap_message(6, 0x4a, "cn=gone"))->dn == "cn=gone");
  const auto extended =
      parsed(ldap_result(8, 0x78, 2, "dc=a", "no", der(0x8a, "1.2.3") + der(0x8b, "value")));
  REQUIRE(extended.has_value());
  CHECK(extended->result->code == 2);
  CHECK(extended->result->matched_dn == "dc=a");
  CHECK(extended->result->message == "no");
  CHECK(extended->name == "1.2.3");
  CHECK(extended->value == "value");
  CHECK(parsed(ldap_result(9, 0x61, 14, "", "", der(0xa3, ldap_text("ldap://c/")) + der(0x87, "creds")))
            ->value == "creds");
  CHECK(parsed(ldap_message(9, 0x79, der(0x80, "1.9") + der(0x81, "v")))->name == "1.9");
  for (const std::string& bad :
       {ldap_message(1, 0x77, ""), ldap_message(1, 0x71, ""), ldap_message(1, 0x30, ""),
        ldap_message(1, 0x61, ""), ldap_entry(1, "", der(0x30, ldap_text("cn"))), std::string("\x30\0", 2)})
    CHECK_FALSE(parsed(bad).has_value());
}

TEST_CASE("ldap: of a message with very many values the first ones are kept") {
  std::string attributes;
  for (std::size_t i = 0; i < kMaxValues + 10; ++i) attributes += ldap_attribute("a", {});
  const std::string content = ldap_text("") + std::string("\x30\x82", 2) +
                              static_cast<char>(attributes.size() >> 8U) +
                              static_cast<char>(attributes.size()) + attributes;
  const auto entry = parsed(ldap_message(1, 0x64, content));
  REQUIRE(entry.has_value());
  CHECK(entry->attributes.size() == kMaxValues);
}

TEST_CASE("ldap: responses without a request are an operation of their own, and told") {
  Session s;
  s.say(kTelling, ldap_entry(2, "cn=x", "") + ldap_result(2, 0x65, 4, "", "too many"));
  CHECK(s.all() == ">search_result_entry,search_result_done;");
  CHECK(s.raised(0, Event::request_not_found));
  CHECK(s.tx(0).progress[index(kAsking)] == kComplete);
  // A notice of disconnection answers nothing (RFC 4511, 4.4.1).
  s.say(kTelling, ldap_result(0, 0x78, 52, "", "", der(0x8a, "1.3.6.1.4.1.1466.20036")));
  CHECK(s.all() == ">search_result_entry,search_result_done;>extended_response;");
  CHECK_FALSE(s.raised(1, Event::request_not_found));
}

TEST_CASE(
    "ldap: a number that is used again ends the operation before, and too many that wait end the oldest") {
  Session again;
  again.say(kAsking, ldap_search(2, "dc=a", {}) + ldap_search(2, "dc=b", {}))
      .say(kTelling, ldap_result(2, 0x65, 0, "", ""));
  CHECK(again.all() == "search_request dc=a;search_request dc=b>search_result_done;");
  Session many({.max_tx = 4});
  for (int i = 0; i < 5; ++i) many.say(kAsking, ldap_search(10 + i, "", {}));
  CHECK(many.raised(0, Event::too_many_transactions));
}

TEST_CASE(
    "ldap: behind a StartTLS that the server grants TLS follows, and what came before its answer waits") {
  Session s;
  s.say(kAsking, ldap_start_tls(1) + ldap_bind(2, "cn=x"));
  CHECK(s.all() == "extended_request ?");
  s.say(kTelling, ldap_result(1, 0x78, 0, "", ""));
  CHECK(s.outcome.status == LdapStatus::change);
  CHECK(s.outcome.next_protocol == AppProto::tls);
  CHECK(s.outcome.check_next);
  Session refused;
  refused.say(kAsking, ldap_start_tls(1) + ldap_bind(2, "cn=x"))
      .say(kTelling, ldap_result(1, 0x78, 2, "", ""));
  CHECK(refused.outcome.status == LdapStatus::ok);
  CHECK(refused.outcome.wakes_other);
  refused.say(kAsking, "");
  CHECK(refused.all() == "extended_request >extended_response;bind_request cn=x?");
  Session flooded;
  flooded.say(kAsking, ldap_start_tls(1));
  for (int i = 0; i < 2000; ++i) flooded.say(kAsking, ldap_bind(2, "cn=a name that takes some room"));
  CHECK(flooded.parser.transactions().live() > 500);
}

TEST_CASE("ldap: what is wrapped behind a bind by SASL is passed over, elsewhere it is invalid") {
  Session s;
  s.say(kAsking, ldap_sasl_bind(1, "GSSAPI", "x")).say(kTelling, ldap_result(1, 0x61, 0, "", ""));
  const std::string wrapped = std::string("\0\0\1\0", 4) + std::string(256, 'w');
  s.say(kAsking, wrapped + wrapped + ldap_unbind(3)).say(kTelling, wrapped.substr(0, 100));
  CHECK(s.all() == "bind_request >bind_response;unbind_request ;");
  CHECK(s.outcome.status == LdapStatus::ok);
  Session plain;
  plain.say(kAsking, wrapped);
  CHECK(plain.outcome.status == LdapStatus::error);
  CHECK(plain.raised(0, Event::invalid_data));
}

TEST_CASE("ldap: a message that is too long or broken inside is told and passed over") {
  Session s;
  s.say(kAsking, std::string("\x30\x83\x10\0\1", 5) + std::string(0x100001, 'x') +
                     ldap_message(1, 0x71, "?") + ldap_unbind(9));
  CHECK(s.all() == ";;unbind_request ;");
  CHECK(s.raised(0, Event::invalid_data));
  CHECK(s.raised(1, Event::invalid_data));
}

TEST_CASE("ldap: after a gap and midway parsing goes on with the next message") {
  Session s;
  s.step = 3;
  CHECK(s.parser.on_gap(kAsking, 10));
  s.say(kAsking, "rest of a search request\x30" + ldap_search(4, "dc=a", {}));
  CHECK(s.all() == "search_request dc=a?");
  Session midway;
  CHECK(midway.parser.begin_midway());
  midway.say(kTelling, ldap_entry(4, "cn=x", ldap_attribute("cn", {"x"})).substr(9) +
                           ldap_entry(4, "cn=y,dc=example", ""));
  CHECK(midway.all() == ">search_result_entry?");
}

TEST_CASE("ldap: of very many responses the first ones are kept and all are counted") {
  Session s;
  s.say(kAsking, ldap_search(1, "", {}));
  for (std::size_t i = 0; i < kMaxResponses + 5; ++i) s.say(kTelling, ldap_entry(1, "", ""));
  CHECK(s.tx(0).responses.size() == kMaxResponses);
  CHECK(s.tx(0).response_count == kMaxResponses + 5);
}

TEST_CASE("ldap: an operation in the other form of its tag has nothing that it must have, and is none") {
  for (const unsigned number :
       {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 10U, 11U, 12U, 13U, 14U, 15U, 16U, 19U, 23U, 24U, 25U}) {
    CAPTURE(number);
    const bool is_plain = number == 2 || number == 10 || number == 16;
    const auto tag = static_cast<std::uint8_t>(0x40U | number | (is_plain ? 0x20U : 0U));
    CHECK_FALSE(parsed(ldap_message(1, tag, "")));
  }
}

TEST_CASE("ldap: the start of a message is looked at as soon as it is there, in pieces of any size") {
  for (const std::size_t step : {SIZE_MAX, std::size_t{1}, std::size_t{3}}) {
    Session s;
    s.step = step;
    s.say(kAsking, ldap_search(2, "dc=a", {}) + "-010").say(kTelling, ldap_result(9, 0x65, 0, "", ""));
    CHECK(s.raised(1, Event::invalid_data));
  }
}

TEST_CASE("ldap: what ends a StartTLS without granting it lets the client go on") {
  Session other;
  other.say(kAsking, ldap_start_tls(1) + ldap_bind(2, "cn=x")).say(kTelling, ldap_result(1, 0x65, 0, "", ""));
  other.say(kAsking, "");
  CHECK(other.all() == "extended_request >search_result_done;bind_request cn=x?");
  Session lost;
  lost.say(kAsking, ldap_start_tls(1) + ldap_bind(2, "cn=x"));
  CHECK(lost.parser.on_gap(kTelling, 20));
  lost.say(kAsking, "");
  CHECK(lost.all() == "extended_request ?bind_request cn=x?");
}
