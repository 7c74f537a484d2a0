// Kerberos messages for tests (RFC 4120 5).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "tests/decoders/der_builder.h"

namespace weir::test {

inline std::string krb5_field(int number, std::string_view content) {
  return der(static_cast<std::uint8_t>(0xa0 + number), content);
}
inline std::string krb5_text(std::string_view text) {
  return der(0x1b, text);
}
inline std::string krb5_name(std::initializer_list<std::string_view> parts) {
  std::string list;
  for (const std::string_view part : parts) list += krb5_text(part);
  return der(0x30, krb5_field(0, der_number(1)) + krb5_field(1, der(0x30, list)));
}
inline std::string krb5_encrypted(std::int32_t type) {
  return der(0x30, krb5_field(0, der_number(type)) + krb5_field(1, der_number(2)) +
                       krb5_field(2, der(0x04, "cipher")));
}

inline std::string krb5_request(int type, std::initializer_list<std::string_view> client = {"alice"},
                                std::initializer_list<std::string_view> server = {"krbtgt", "REALM"}) {
  std::string body = krb5_field(0, der(0x03, std::string(5, '\0')));
  if (client.size() != 0) body += krb5_field(1, krb5_name(client));
  body += krb5_field(2, krb5_text("REALM"));
  if (server.size() != 0) body += krb5_field(3, krb5_name(server));
  body += krb5_field(5, der(0x18, "20300101000000Z")) + krb5_field(7, der_number(77));
  body += krb5_field(8, der(0x30, der_number(18) + der_number(23)));
  return der(static_cast<std::uint8_t>(0x60 + type),
             der(0x30, krb5_field(1, der_number(5)) + krb5_field(2, der_number(type)) +
                           krb5_field(4, der(0x30, body))));
}
inline std::string krb5_reply(int type, std::int32_t encryption, std::int32_t ticket_encryption) {
  const std::string ticket =
      der(0x61, der(0x30, krb5_field(0, der_number(5)) + krb5_field(1, krb5_text("OTHER")) +
                              krb5_field(2, krb5_name({"host", "www"})) +
                              krb5_field(3, krb5_encrypted(ticket_encryption))));
  return der(static_cast<std::uint8_t>(0x60 + type),
             der(0x30, krb5_field(0, der_number(5)) + krb5_field(1, der_number(type)) +
                           krb5_field(3, krb5_text("REALM")) + krb5_field(4, krb5_name({"alice"})) +
                           krb5_field(5, ticket) + krb5_field(6, krb5_encrypted(encryption))));
}
inline std::string krb5_error(std::int32_t code) {
  return der(0x7e, der(0x30, krb5_field(0, der_number(5)) + krb5_field(1, der_number(30)) +
                                 krb5_field(6, der_number(code)) + krb5_field(9, krb5_text("REALM")) +
                                 krb5_field(10, krb5_name({"krbtgt", "REALM"}))));
}
// As it is sent over TCP.
inline std::string krb5_record(std::string_view message) {
  const std::size_t n = message.size();
  return std::string{static_cast<char>(n >> 24U), static_cast<char>(n >> 16U), static_cast<char>(n >> 8U),
                     static_cast<char>(n)}
      .append(message);
}

}  // namespace weir::test
