// Builds TLS records, hellos and small certificates byte by byte for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/types.h"
#include "tests/decoders/der_builder.h"

namespace weir::test {

inline std::string be(std::uint64_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i));
  return out;
}
// `body` behind its length in n bytes.
inline std::string sized(std::size_t n, std::string_view body) {
  return be(body.size(), n) + std::string(body);
}

inline std::string tls_record(unsigned type, std::string_view body, unsigned version = 0x0301) {
  return be(type, 1) + be(version, 2) + sized(2, body);
}
inline std::string handshake(unsigned type, std::string_view body) {
  return be(type, 1) + sized(3, body);
}
inline std::string extension(unsigned type, std::string_view body) {
  return be(type, 2) + sized(2, body);
}
inline std::string sni_extension(std::string_view name) {
  return extension(0, sized(2, be(0, 1) + sized(2, name)));
}
inline std::string alpn_extension(std::string_view one, std::string_view two) {
  return extension(16, sized(2, sized(1, one) + sized(1, two)));
}

// A TLS 1.2 client hello: two ciphers and a GREASE one, then the extensions.
inline std::string client_hello(std::string_view extensions, std::string_view session_id = "") {
  return handshake(1, be(0x0303, 2) + std::string(32, 'c') + sized(1, session_id) +
                          sized(2, be(0x2a2a, 2) + be(0xc02f, 2) + be(0x009c, 2)) + sized(1, be(0, 1)) +
                          sized(2, extensions));
}
inline std::string server_hello(std::string_view extensions, std::string_view session_id = "",
                                unsigned version = 0x0303) {
  return handshake(2, be(version, 2) + std::string(32, 's') + sized(1, session_id) + be(0xc02f, 2) +
                          be(0, 1) + sized(2, extensions));
}
inline std::string usual_extensions() {
  return sni_extension("www.example.com") + extension(10, sized(2, be(29, 2) + be(23, 2))) +
         extension(11, sized(1, be(0, 1))) + extension(13, sized(2, be(0x0403, 2) + be(0x0804, 2))) +
         alpn_extension("h2", "http/1.1");
}

inline std::string der_name_part(std::string_view oid, std::string_view value, unsigned tag = 0x0c) {
  return der(0x31, der(0x30, der(0x06, oid) + der(tag, value)));
}
inline std::string der_certificate(std::string_view not_before = "691231000000Z",
                                   std::string_view alt_names = "") {
  const std::string issuer =
      der(0x30, der_name_part("\x55\x04\x06", "US", 0x13) + der_name_part("\x55\x04\x0a", "Test, Inc."));
  const std::string subject = der(0x30, der_name_part("\x55\x04\x03", "www.example.com"));
  const std::string validity = der(0x30, der(0x17, not_before) + der(0x18, "20501231235959Z"));
  const std::string extensions =
      der(0xa3, der(0x30, der(0x30, der(0x06, "\x55\x1d\x11") +
                                        der(0x04, der(0x30, std::string(der(0x82, "www.example.com")) +
                                                                std::string(alt_names))))));
  const std::string body = der(0xa0, der(0x02, "\x02")) + der(0x02, std::string_view("\x00\x97\xe6", 3)) +
                           der(0x30, der(0x06, "\x2a")) + issuer + validity + subject + der(0x30, "key") +
                           extensions;
  return der(0x30, der(0x30, body) + der(0x30, der(0x06, "\x2a")) + der(0x03, "signature"));
}
inline std::string certificate_message(std::string_view certificate) {
  return handshake(11, sized(3, sized(3, certificate) + sized(3, "second")));
}

inline Bytes bytes_of(std::string_view s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

}  // namespace weir::test
