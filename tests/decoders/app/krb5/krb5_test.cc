#include "decoders/app/krb5/krb5.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "decoders/text.h"
#include "tests/decoders/app/krb5/krb5_builder.h"

using namespace weir;
using namespace weir::krb5;
using namespace weir::test;

namespace {

constexpr Direction kToKdc = Direction::to_server, kFromKdc = Direction::to_client;

std::string joined(const Name& name) {
  std::string out;
  for (const SlabString& part : name) out.append(out.empty() ? "" : "/").append(part);
  return out;
}

// "KRB_AS_REQ alice@REALM krbtgt/REALM", with encryption or error behind; "malformed".
std::string message_text(const Krb5Transaction& tx) {
  if (!tx.message) return "malformed";
  const Message& m = *tx.message;
  std::string out{message_type_name(m.type)};
  out += " " + joined(m.client) + "@" + std::string(m.realm) + " " + joined(m.server);
  if (m.encryption) out += " " + std::to_string(*m.encryption) + "," + std::to_string(*m.ticket_encryption);
  if (m.error) out += " " + std::to_string(*m.error);
  if (tx.failed_request) out += " to " + std::string(message_type_name(*tx.failed_request));
  return out;
}

struct Exchange {
  Exchange& say(Direction d, std::string_view text) {
    std::size_t at = 0;
    do {
      std::string& kept = pending[index(d)];
      const std::size_t n = std::min(step, text.size() - at);
      kept += text.substr(at, n);
      at += n;
      const ParseOutcome out = parser.parse({.direction = d, .data = as_bytes(kept)});
      status = out.status;
      REQUIRE(out.consumed <= kept.size());
      kept.erase(0, out.consumed);
    } while (at < text.size() && status == ParseOutcome::Status::ok);
    return *this;
  }
  Exchange& datagram(Direction d, const std::string& text) {
    status = parser.parse({.direction = d, .data = as_bytes(text), .is_datagram = true}).status;
    return *this;
  }
  std::string all() {
    std::string out;
    for (const Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t))
      out += message_text(tx_cast<Krb5Transaction>(*t)) + ";";
    return out;
  }
  bool raised(std::uint64_t id, Event e) {
    for (const AppEvent& event : parser.transactions().find(id)->events)
      if (event.code == static_cast<std::uint8_t>(e)) return true;
    return false;
  }

  std::size_t step = SIZE_MAX;
  std::array<std::string, 2> pending;
  ParseOutcome::Status status{};
  Krb5Parser parser;
};

}  // namespace

TEST_CASE("krb5: requests, replies and errors over TCP, in pieces of any size") {
  const std::string asked =
      krb5_record(krb5_request(10)) + krb5_record(krb5_request(12, {}, {"host", "www"}));
  const std::string told = krb5_record(krb5_error(25)) + krb5_record(krb5_reply(11, 18, 23)) +
                           krb5_record(krb5_reply(13, -133, 17));
  for (std::size_t step = 1; step < 200; ++step) {
    CAPTURE(step);
    Exchange e;
    e.step = step;
    e.say(kToKdc, asked).say(kFromKdc, told);
    CHECK(e.all() ==
          "KRB_AS_REQ alice@REALM krbtgt/REALM;KRB_TGS_REQ @REALM host/www;KRB_ERROR @ krbtgt/REALM 25 to "
          "KRB_TGS_REQ;"
          "KRB_AS_REP alice@REALM host/www 18,23;KRB_TGS_REP alice@REALM host/www -133,17;");
    CHECK(tx_cast<Krb5Transaction>(*e.parser.transactions().find(2)).direction() == kFromKdc);
    CHECK_FALSE(e.raised(3, Event::weak_encryption));  // its ticket is weak, not it
    CHECK(e.raised(4, Event::weak_encryption));
  }
}

TEST_CASE("krb5: a datagram is a message; messages of other exchanges are passed over") {
  Exchange e;
  e.datagram(kToKdc, krb5_request(10, {"a", "b", "c"}, {}));
  e.datagram(kToKdc, der(0x6e, "application request")).datagram(kFromKdc, der(0x75, "private"));
  e.datagram(kFromKdc, krb5_error(-5)).datagram(kFromKdc, krb5_error(6));
  CHECK(e.all() ==
        "KRB_AS_REQ a/b/c@REALM ;KRB_ERROR @ krbtgt/REALM -5 to KRB_AS_REQ;KRB_ERROR @ krbtgt/REALM 6;");
}

TEST_CASE("krb5: every truncation of a message is malformed") {
  for (const std::string& whole : {krb5_request(10), krb5_reply(11, 18, 18), krb5_error(25)})
    for (std::size_t n = 1; n < whole.size(); ++n) {
      CAPTURE(n);
      Exchange e;
      e.datagram(kToKdc, whole.substr(0, n));
      CHECK(e.all() == "malformed;");
      CHECK(e.raised(0, Event::malformed_data));
    }
  CHECK_FALSE(parse_message({}).has_value());
}

TEST_CASE("krb5: what belongs into a message and is not there or of another kind is malformed") {
  const auto request = [](const std::string& body) {
    return der(0x6a, der(0x30, krb5_field(1, der_number(5)) + body));
  };
  for (const std::string& bad :
       {request(""), request(krb5_field(4, der(0x31, ""))),
        request(krb5_field(4, der(0x30, krb5_field(1, der(0x30, ""))))),
        request(krb5_field(4, der(0x30, krb5_field(2, der(0x04, "R"))))),
        der(0x7e, der(0x30, krb5_field(0, der_number(5)))),
        der(0x7e, der(0x30, krb5_field(6, der(0x02, "12345")))),
        der(0x7e, der(0x30, krb5_field(6, der(0x02, "")))),
        der(0x6b, der(0x30, krb5_field(6, krb5_encrypted(1)))), std::string("\x16\3\1 and so on")}) {
    Exchange e;
    e.datagram(kToKdc, bad);
    CHECK(e.all() == "malformed;");
  }
}

TEST_CASE("krb5: of a name with very many parts the first ones are kept") {
  std::string parts;
  for (int i = 0; i < 100; ++i) parts += krb5_text("x");
  const std::string name = der(0x30, krb5_field(0, der_number(1)) + krb5_field(1, der(0x30, parts)));
  const auto message =
      parse_message(as_bytes(der(0x6a, der(0x30, krb5_field(4, der(0x30, krb5_field(1, name)))))));
  REQUIRE(message.has_value());
  CHECK(message->client.size() == kMaxNameParts);
}

TEST_CASE("krb5: a record that is too long is passed over, and after a gap the next one is found") {
  Exchange e;
  e.say(kToKdc,
        std::string("\0\4\0\1", 4) + std::string(kMaxMessage + 1, 'x') + krb5_record(krb5_request(10)));
  CHECK(e.all() == "malformed;KRB_AS_REQ alice@REALM krbtgt/REALM;");
  Exchange lost;
  lost.step = 5;
  CHECK(lost.parser.on_gap(kToKdc, 100));
  lost.say(kToKdc, "rest of a request" + krb5_record(krb5_request(12)));
  CHECK(lost.all() == "KRB_TGS_REQ alice@REALM krbtgt/REALM;");
  Exchange midway;
  CHECK(midway.parser.begin_midway());
  midway.say(kFromKdc, krb5_reply(11, 18, 18).substr(9) + krb5_record(krb5_error(6)));
  CHECK(midway.all() == "KRB_ERROR @ krbtgt/REALM 6;");
}

TEST_CASE("krb5: names of encryption and errors, and which encryption is weak") {
  CHECK(encryption_name(23) == "rc4-hmac");
  CHECK(encryption_name(-128) == "rc4-md4");
  CHECK(encryption_name(99).empty());
  CHECK(encryption_by_name("aes256-cts-hmac-sha1-96") == 18);
  CHECK_FALSE(encryption_by_name("").has_value());
  for (const int strong : {17, 18, 19, 20, 25, 26}) CHECK_FALSE(is_weak(strong));
  for (const int weak : {-133, 1, 3, 16, 23, 24, 99}) CHECK(is_weak(weak));
  CHECK(error_name(25) == "KDC_ERR_PREAUTH_REQUIRED");
  CHECK(error_name(30).empty());
}
