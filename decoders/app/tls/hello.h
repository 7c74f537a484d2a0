// The two hello messages of TLS (RFC 5246 7.4.1, RFC 8446 4.1), and what identifies a peer: JA3, JA3S, JA4.
//
// Plain data that owns what it shows. A message that breaks off or contradicts its own lengths fails as a
// whole, with what was read before left in place.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "decoders/byte_cursor.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::tls {

inline constexpr std::size_t kMaxExtensions = 256;  // further ones of a hello are not looked at
inline constexpr std::size_t kMaxAlpns = 64;
inline constexpr std::size_t kRandomLength = 32;

// Values of this shape are sent to keep peers tolerant and mean nothing (RFC 8701).
constexpr bool is_grease(std::uint16_t value) {
  return (value & 0x0f0fU) == 0x0a0aU && (value >> 8U) == (value & 0xffU);
}

// "TLS 1.2", "TLS 1.3 draft-22" ...; 0 is "UNDETERMINED"; an unknown one is shown as "0x7e01", through
// `buffer`.
std::string_view version_name(std::uint16_t version, std::array<char, 8>& buffer);
// True for TLS 1.3 and its drafts.
bool is_tls13(std::uint16_t version);

enum class HelloFault : std::uint8_t { none, truncated, multiple_sni, sni_type, sni_length };

struct ClientHello {
  bool seen = false;
  std::uint16_t version = 0;  // legacy_version
  std::array<std::uint8_t, kRandomLength> random{};
  SlabString session_id;
  SlabVector<std::uint16_t> ciphers, extensions, groups, signature_algorithms, versions;
  SlabVector<std::uint8_t> point_formats;
  SlabVector<SlabString> alpns;
  SlabString sni;
  bool has_sni = false, has_alpn = false, has_ticket = false;

  // The highest version offered, without GREASE.
  [[nodiscard]] std::uint16_t offered_version() const;
};

struct ServerHello {
  bool seen = false;
  std::uint16_t version = 0;           // legacy_version, as in the message
  std::uint16_t selected_version = 0;  // what is spoken: the supported_versions extension counts first
  std::array<std::uint8_t, kRandomLength> random{};
  SlabString session_id;
  std::uint16_t cipher = 0;
  SlabVector<std::uint16_t> extensions;
  SlabVector<SlabString> alpns;
};

// `body` is the handshake message without its four-byte header.
HelloFault parse_client_hello(Bytes body, ClientHello& out);
HelloFault parse_server_hello(Bytes body, ServerHello& out);

// "771,4865-4866,0-11-10,29-23,0" and "771,49199,65281-11" (https://github.com/salesforce/ja3).
SlabString ja3_text(const ClientHello& hello);
SlabString ja3s_text(const ServerHello& hello);
// "t13d1516h2_8daaf6152771_e5627efa2ab1"; `transport` is 't' for TCP, 'q' for QUIC (JA4, BSD-licensed part).
SlabString ja4_text(const ClientHello& hello, char transport);

// Lower case hex digests.
SlabString md5_hex(std::string_view text);
SlabString sha256_hex(std::string_view text);

}  // namespace weir::tls
