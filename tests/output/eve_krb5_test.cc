#include <doctest/doctest.h>

#include "decoders/app/krb5/krb5.h"
#include "decoders/text.h"
#include "output/eve_tx.h"
#include "tests/decoders/app/krb5/krb5_builder.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

std::string written_krb5(const std::string& message, std::optional<krb5::MessageType> failed = {}) {
  krb5::Krb5Transaction tx(0, Direction::to_client);
  tx.message = krb5::parse_message(as_bytes(message));
  tx.failed_request = failed;
  const auto writer = eve_krb5.configure(FakeSettings{});
  JsonWriter out;
  {
    const auto event = out.object();
    if (!writer->write(out, tx)) return {};
  }
  return std::string(out.text());
}

}  // namespace

TEST_CASE("eve krb5: a request, and one that says little") {
  CHECK(written_krb5(test::krb5_request(10, {"host", "www"})) ==
        R"({"krb5":{"msg_type":"KRB_AS_REQ","cname":"host/www","realm":"REALM","sname":"krbtgt/REALM",)"
        R"("encryption":"<none>","weak_encryption":false}})");
  CHECK(written_krb5(test::krb5_request(12, {}, {})) ==
        R"({"krb5":{"msg_type":"KRB_TGS_REQ","cname":"<empty>","realm":"REALM","sname":"<empty>",)"
        R"("encryption":"<none>","weak_encryption":false}})");
}

TEST_CASE("eve krb5: a reply and how it and its ticket are encrypted") {
  CHECK(
      written_krb5(test::krb5_reply(13, 18, 99)) ==
      R"({"krb5":{"msg_type":"KRB_TGS_REP","cname":"alice","realm":"REALM","sname":"host/www",)"
      R"x("encryption":"aes256-cts-hmac-sha1-96","weak_encryption":false,"ticket_encryption":"EncryptionType(99)",)x"
      R"("ticket_weak_encryption":true}})");
}

TEST_CASE("eve krb5: an error and the request that it answers; nothing of what is malformed") {
  CHECK(
      written_krb5(test::krb5_error(25), krb5::MessageType::as_req) ==
      R"({"krb5":{"msg_type":"KRB_ERROR","failed_request":"KRB_AS_REQ","error_code":"KDC_ERR_PREAUTH_REQUIRED",)"
      R"("cname":"<empty>","realm":"<empty>","sname":"krbtgt/REALM","encryption":"<none>","weak_encryption":false}})");
  CHECK(written_krb5(test::krb5_error(300))
            .find(R"x("failed_request":"UNKNOWN","error_code":"ErrorCode(300)")x") != std::string::npos);
  CHECK(written_krb5("\x6a").empty());
}
