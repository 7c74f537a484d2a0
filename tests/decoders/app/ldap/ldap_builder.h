// LDAP messages for tests (RFC 4511 4).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "tests/decoders/der_builder.h"

namespace weir::test {

inline std::string ldap_text(std::string_view text) {
  return der(0x04, text);
}
// `tag` is the operation's, its class and form included: 0x63 for a search request.
inline std::string ldap_message(std::int32_t id, unsigned tag, std::string_view content) {
  return der(0x30, der_number(id) + der(tag, content));
}
inline std::string ldap_attribute(std::string_view type, std::initializer_list<std::string_view> values) {
  std::string list;
  for (const std::string_view value : values) list += ldap_text(value);
  return der(0x30, ldap_text(type) + der(0x31, list));
}

inline std::string ldap_bind(std::int32_t id, std::string_view name) {
  return ldap_message(id, 0x60, der(0x02, "\3") + ldap_text(name) + der(0x80, "secret"));
}
inline std::string ldap_sasl_bind(std::int32_t id, std::string_view mechanism, std::string_view credentials) {
  return ldap_message(
      id, 0x60, der(0x02, "\3") + ldap_text("") + der(0xa3, ldap_text(mechanism) + ldap_text(credentials)));
}
inline std::string ldap_search(std::int32_t id, std::string_view base,
                               std::initializer_list<std::string_view> wanted) {
  std::string list;
  for (const std::string_view type : wanted) list += ldap_text(type);
  return ldap_message(id, 0x63,
                      ldap_text(base) + der(0x0a, "\2") + der(0x0a, std::string(1, '\0')) +
                          der(0x02, "\x0a") + der(0x02, "\x1e") + der(0x01, "\xff") +
                          der(0x87, "objectClass") + der(0x30, list));
}
inline std::string ldap_entry(std::int32_t id, std::string_view dn, std::string_view attributes) {
  return ldap_message(id, 0x64, ldap_text(dn) + der(0x30, attributes));
}
// A result; `behind` are elements that some responses have behind it.
inline std::string ldap_result(std::int32_t id, unsigned tag, char code, std::string_view matched,
                               std::string_view message, std::string_view behind = {}) {
  return ldap_message(
      id, tag,
      der(0x0a, std::string(1, code)) + ldap_text(matched) + ldap_text(message) + std::string(behind));
}
inline std::string ldap_start_tls(std::int32_t id) {
  return ldap_message(id, 0x77, der(0x80, "1.3.6.1.4.1.1466.20037"));
}
inline std::string ldap_unbind(std::int32_t id) {
  return ldap_message(id, 0x42, "");
}
inline std::string ldap_abandon(std::int32_t id, char which) {
  return ldap_message(id, 0x50, std::string(1, which));
}

}  // namespace weir::test
