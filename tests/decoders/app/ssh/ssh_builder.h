// Builds SSH records for tests.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::test {

inline std::string be32_text(std::uint64_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}

// packet_length, padding_length, message code, what follows it, four bytes of padding.
inline std::string ssh_record(unsigned code, std::string_view body) {
  std::string out = be32_text(body.size() + 6);
  out += '\x04';
  out += static_cast<char>(code);
  return out.append(body) + std::string(4, 'p');
}

// SSH_MSG_KEXINIT; the lists of the two directions differ.
inline std::string kexinit_body() {
  std::string out(16, 'c');
  for (const std::string_view list : {"curve25519-sha256,ecdh", "ssh-ed25519", "aes128-ctr", "aes256-ctr",
                                      "hmac-sha1", "hmac-sha2-256", "none", "zlib", "", ""})
    out += be32_text(list.size()) + std::string(list);
  return out + std::string(5, '\0');  // first_kex_packet_follows, reserved
}
inline std::string kexinit() { return ssh_record(20, kexinit_body()); }
inline std::string newkeys() { return ssh_record(21, ""); }

inline constexpr std::string_view kClientHassh = "curve25519-sha256,ecdh;aes128-ctr;hmac-sha1;none";
inline constexpr std::string_view kServerHassh = "curve25519-sha256,ecdh;aes256-ctr;hmac-sha2-256;zlib";

}  // namespace weir::test
