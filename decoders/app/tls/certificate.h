// The fields of an X.509 certificate (RFC 5280) that rules and events show, by a bounded walk over its DER.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::tls {

inline constexpr std::size_t kMaxNameParts = 64;  // attributes of one distinguished name
inline constexpr std::size_t kMaxAltNames = 1024;
inline constexpr std::size_t kMaxExtensionsInCertificate = 128;
inline constexpr std::size_t kMaxDnBytes = 8192;  // of a name as text; longer ones are cut

enum class CertificateFault : std::uint8_t {
  none,
  der,
  version,
  serial,
  algorithm,
  issuer,
  validity,
  date,
  subject,
  key,
  extensions,
  unknown,  // something follows the last element that there is
  text      // a name with a NUL in it, which other readers take for its end
};

struct Certificate {
  SlabString subject, issuer;                         // "C=US, O=Example, CN=www.example.com"
  SlabString serial;                                  // "00:97:E6": the bytes of the integer as sent
  SlabString fingerprint;                             // SHA-1 of the DER, "9c:3f:..."
  std::optional<std::int64_t> not_before, not_after;  // seconds since 1970
  SlabVector<SlabString> alt_names;                   // DNS names, mail addresses, URIs, IP addresses as text
};

// What could be read stays in `out` when a later part is broken; the fingerprint is always there. Linear.
CertificateFault parse_certificate(Bytes der, Certificate& out);

// Seconds from 1970-01-01 to the start of a day of the Gregorian calendar.
std::int64_t seconds_of(std::int64_t year, unsigned month, unsigned day);
// "2021-02-05T22:13:57"; years beyond 1000 to 9999 are clamped.
SlabString time_text(std::int64_t seconds);

}  // namespace weir::tls
