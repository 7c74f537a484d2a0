#include "decoders/app/tls/certificate.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "decoders/app/tls/distinguished_name.h"
#include "decoders/ber.h"
#include "decoders/digest.h"
#include "decoders/text.h"

namespace weir::tls {
namespace {

constexpr BerTag kVersion = ber::constructed(ber::context(0)), kIssuerId = ber::context(1),
                 kSubjectId = ber::context(2), kExtensions = ber::constructed(ber::context(3));
// GeneralName of RFC 5280 4.2.1.6
constexpr BerTag kMailName = ber::context(1), kDnsName = ber::context(2), kUri = ber::context(6),
                 kAddress = ber::context(7);
constexpr std::array<std::uint8_t, 3> kOidSubjectAltName{0x55, 0x1d, 0x11};  // 2.5.29.17

// "00:97:E6"
SlabString hex_pairs(Bytes bytes, std::string_view digits) {
  SlabString out;
  out.reserve(bytes.size() * 3);
  for (const std::uint8_t b : bytes) {
    if (!out.empty()) out += ':';
    append_hex(out, b, digits);
  }
  return out;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar.
std::int64_t days_of(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year =
      (153 * (static_cast<std::int64_t>(month) + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

// Reads n decimal digits; fails the cursor on anything else.
unsigned digits(ByteCursor& in, std::size_t n) {
  unsigned value = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint8_t c = in.u8();
    if (c < '0' || c > '9') in.fail();
    value = value * 10 + (c - static_cast<unsigned>('0'));
  }
  return value;
}

// UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 writes them; seconds may be left out.
std::optional<std::int64_t> read_time(BerReader& in) {
  const BerElement e = in.next();
  if (in.failed() || (e.tag != ber::utc_time && e.tag != ber::generalized_time)) return std::nullopt;
  ByteCursor text{e.content};
  std::int64_t year = digits(text, e.tag == ber::utc_time ? 2 : 4);
  if (e.tag == ber::utc_time) year += year < 50 ? 2000 : 1900;
  const unsigned month = digits(text, 2), day = digits(text, 2), hour = digits(text, 2),
                 minute = digits(text, 2);
  const unsigned second = text.remaining() >= 2 ? digits(text, 2) : 0;
  if (text.failed() || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
      second > 60)
    return std::nullopt;
  return seconds_of(year, month, day) + hour * 3600 + minute * 60 + second;
}

SlabString ip_text(Bytes b) {
  SlabString out;
  if (b.size() == 4) fmt::format_to(std::back_inserter(out), "{}.{}.{}.{}", b[0], b[1], b[2], b[3]);
  if (b.size() != 16) return out;
  for (std::size_t i = 0; i < 16; i += 2)
    fmt::format_to(std::back_inserter(out), "{}{:02x}{:02x}", i == 0 ? "" : ":", b[i], b[i + 1]);
  return out;
}

// GeneralNames of RFC 5280 4.2.1.6: the kinds that are text, and addresses.
void read_alt_names(BerReader in, SlabVector<SlabString>& out) {
  BerReader names = in.enter(ber::sequence);
  while (!names.empty() && out.size() < kMaxAltNames) {
    const BerElement e = names.next();
    if (names.failed()) return;
    const bool is_text = e.tag == kMailName || e.tag == kDnsName || e.tag == kUri;
    if (is_text && std::find(e.content.begin(), e.content.end(), 0) == e.content.end())
      out.emplace_back(reinterpret_cast<const char*>(e.content.data()), e.content.size());
    if (e.tag == kAddress) out.push_back(ip_text(e.content));
  }
}

bool read_extensions(BerReader in, Certificate& out) {
  BerReader list = in.enter(ber::sequence);
  for (std::size_t i = 0; !list.empty() && i < kMaxExtensionsInCertificate; ++i) {
    BerReader extension = list.enter(ber::sequence);
    const Bytes oid = extension.content(ber::oid);
    if (extension.next_tag() == ber::boolean) (void)extension.next();  // critical
    const BerElement value = extension.next();
    if (extension.failed()) return false;
    if (std::equal(oid.begin(), oid.end(), kOidSubjectAltName.begin(), kOidSubjectAltName.end()))
      read_alt_names(BerReader{value.content}, out.alt_names);
  }
  return !list.failed();
}

bool read_validity(BerReader in, Certificate& out) {
  out.not_before = read_time(in);
  out.not_after = read_time(in);
  return out.not_before.has_value() && out.not_after.has_value();
}

CertificateFault read_body(BerReader in, Certificate& out) {
  if (in.next_tag() == kVersion) (void)in.next();
  if (in.failed()) return CertificateFault::version;
  const Bytes serial = in.content(ber::integer);
  if (in.failed()) return CertificateFault::serial;
  out.serial = hex_pairs(serial.first(std::min<std::size_t>(serial.size(), 256)), kUpperHexDigits);
  (void)in.enter(ber::sequence);
  if (in.failed()) return CertificateFault::algorithm;
  const BerReader issuer = in.enter(ber::sequence);
  if (in.failed() || !read_distinguished_name(issuer, out.issuer)) return CertificateFault::issuer;
  const BerReader validity = in.enter(ber::sequence);
  if (in.failed()) return CertificateFault::validity;
  const bool dates = read_validity(validity, out);
  const BerReader subject = in.enter(ber::sequence);
  if (in.failed() || !read_distinguished_name(subject, out.subject)) return CertificateFault::subject;
  (void)in.enter(ber::sequence);  // the public key
  if (in.failed()) return CertificateFault::key;
  while (in.next_tag() == kIssuerId || in.next_tag() == kSubjectId) (void)in.next();
  if (in.next_tag() == kExtensions && !read_extensions(in.enter(kExtensions), out))
    return CertificateFault::extensions;
  if (!in.empty()) return CertificateFault::unknown;
  if (out.issuer.find('\0') != SlabString::npos || out.subject.find('\0') != SlabString::npos)
    return CertificateFault::text;
  return dates ? CertificateFault::none : CertificateFault::date;
}

}  // namespace

CertificateFault parse_certificate(Bytes der, Certificate& out) {
  out.fingerprint = hex_pairs(digest(Hash::sha1, der).view(), kHexDigits);
  BerReader in{der};
  BerReader certificate = in.enter(ber::sequence);
  const BerReader body = certificate.enter(ber::sequence);
  if (certificate.failed()) return CertificateFault::der;
  return read_body(body, out);
}

std::int64_t seconds_of(std::int64_t year, unsigned month, unsigned day) {
  return days_of(year, month, day) * 86400;
}

SlabString time_text(std::int64_t seconds) {
  constexpr std::int64_t kDay = 86400;
  std::int64_t days = seconds / kDay;
  std::int64_t rest = seconds % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  // Civil date of a day number, the inverse of days_of.
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted + (shifted < 10 ? 3 : -9);
  const std::int64_t year =
      std::clamp<std::int64_t>(year_of_era + era * 400 + (month <= 2 ? 1 : 0), 1000, 9999);
  SlabString out;
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", year, month,
                     day_of_year - (153 * shifted + 2) / 5 + 1, rest / 3600, rest / 60 % 60, rest % 60);
  return out;
}

}  // namespace weir::tls
