#include <doctest/doctest.h>

#include "decoders/app/ldap/transaction.h"
#include "decoders/text.h"
#include "output/eve_tx.h"
#include "tests/decoders/app/ldap/ldap_builder.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

// The event of a request and a response, each of which may be empty; empty when there is none.
std::string written_ldap(const std::string& request, const std::string& response) {
  ldap::LdapTransaction tx(0);
  if (!request.empty()) tx.ask(ldap::parse_message(as_bytes(request)).value());
  if (!response.empty()) tx.keep(ldap::parse_message(as_bytes(response)).value(), 1);
  const auto writer = eve_ldap.configure(FakeSettings{});
  JsonWriter out;
  {
    const auto event = out.object();
    if (!writer->write(out, tx)) return {};
  }
  return std::string(out.text());
}

}  // namespace

TEST_CASE("eve ldap: each operation with what it says") {
  using namespace weir::test;
  CHECK(
      written_ldap(ldap_sasl_bind(1, "PLAIN", "x"), ldap_result(1, 0x61, 14, "", "go on", der(0x87, "y"))) ==
      R"({"ldap":{"request":{"operation":"bind_request","message_id":1,"bind_request":{"version":3,"name":"",)"
      R"("sasl":{"mechanism":"PLAIN","credentials":"x"}}},"responses":[{"operation":"bind_response","message_id":1,)"
      R"("bind_response":{"result_code":"sasl_bind_in_progress","matched_dn":"","message":"go on","server_sasl_creds":"y"}}]}})");
  CHECK(
      written_ldap(ldap_search(2, "dc=a", {"cn"}), ldap_entry(2, "cn=x", ldap_attribute("cn", {"x", "y"}))) ==
      R"({"ldap":{"request":{"operation":"search_request","message_id":2,"search_request":{"base_object":"dc=a","scope":2,)"
      R"("deref_alias":0,"size_limit":10,"time_limit":30,"types_only":true,"attributes":["cn"]}},"responses":[)"
      R"({"operation":"search_result_entry","message_id":2,"search_result_entry":{"base_object":"cn=x","attributes":[)"
      R"({"type":"cn","values":["x","y"]}]}}]}})");
  CHECK(
      written_ldap(ldap_message(3, 0x66,
                                ldap_text("cn=x") +
                                    der(0x30, der(0x30, der(0x0a, "\1") + ldap_attribute("mail", {"a"})))),
                   ldap_result(3, 0x67, 99, "", "")) ==
      R"({"ldap":{"request":{"operation":"modify_request","message_id":3,"modify_request":{"object":"cn=x","changes":[)"
      R"({"operation":"delete","modification":{"attribute_type":"mail","attribute_values":["a"]}}]}},"responses":[)"
      R"({"operation":"modify_response","message_id":3,"modify_response":{"result_code":"99","matched_dn":"","message":""}}]}})");
  CHECK(
      written_ldap(
          ldap_message(4, 0x6c,
                       ldap_text("cn=x") + ldap_text("cn=y") + der(0x01, "\xff") + der(0x80, "dc=b")),
          "") ==
      R"({"ldap":{"request":{"operation":"mod_dn_request","message_id":4,"mod_dn_request":{"entry":"cn=x","new_rdn":"cn=y",)"
      R"("delete_old_rdn":true,"new_superior":"dc=b"}}}})");
  CHECK(
      written_ldap(ldap_message(5, 0x68, ldap_text("cn=n") + der(0x30, ldap_attribute("cn", {"n"}))), "") ==
      R"({"ldap":{"request":{"operation":"add_request","message_id":5,"add_request":{"entry":"cn=n","attributes":[)"
      R"({"name":"cn","values":["n"]}]}}}})");
  CHECK(
      written_ldap(ldap_message(6, 0x6e, ldap_text("cn=x") + der(0x30, ldap_text("sn") + ldap_text("Doe"))),
                   "") ==
      R"({"ldap":{"request":{"operation":"compare_request","message_id":6,"compare_request":{"entry":"cn=x",)"
      R"("attribute_value_assertion":{"description":"sn","value":"Doe"}}}}})");
  CHECK(written_ldap(ldap_message(7, 0x4a, "cn=x"), "") ==
        R"({"ldap":{"request":{"operation":"del_request","message_id":7,"del_request":{"dn":"cn=x"}}}})");
  CHECK(
      written_ldap(ldap_abandon(8, 3), "") ==
      R"({"ldap":{"request":{"operation":"abandon_request","message_id":8,"abandon_request":{"message_id":3}}}})");
  CHECK(written_ldap(ldap_unbind(9), "") ==
        R"({"ldap":{"request":{"operation":"unbind_request","message_id":9}}})");
  CHECK(
      written_ldap(ldap_message(10, 0x77, der(0x80, "1.2") + der(0x81, "v")), "") ==
      R"({"ldap":{"request":{"operation":"extended_request","message_id":10,"extended_request":{"name":"1.2","value":"v"}}}})");
}

TEST_CASE("eve ldap: a response alone, and nothing of what is invalid") {
  CHECK(written_ldap("", weir::test::ldap_message(2, 0x73, weir::test::ldap_text("ldap://b/"))) ==
        R"({"ldap":{"responses":[{"operation":"search_result_reference","message_id":2}]}})");
  CHECK(written_ldap("", "").empty());
}
