#include "decoders/app/tls/distinguished_name.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "decoders/app/tls/certificate.h"

namespace weir::tls {
namespace {

struct AttributeName {
  std::string_view oid;
  std::string_view name;
};

constexpr AttributeName kAttributes[] = {
    {"2.5.4.3", "CN"},
    {"2.5.4.4", "surname"},
    {"2.5.4.5", "serialNumber"},
    {"2.5.4.6", "C"},
    {"2.5.4.7", "L"},
    {"2.5.4.8", "ST"},
    {"2.5.4.9", "streetAddress"},
    {"2.5.4.10", "O"},
    {"2.5.4.11", "OU"},
    {"2.5.4.12", "title"},
    {"2.5.4.13", "description"},
    {"2.5.4.15", "businessCategory"},
    {"2.5.4.17", "postalCode"},
    {"2.5.4.41", "name"},
    {"2.5.4.42", "givenName"},
    {"2.5.4.43", "initials"},
    {"2.5.4.44", "generationQualifier"},
    {"2.5.4.45", "x500UniqueIdentifier"},
    {"2.5.4.46", "dnQualifier"},
    {"2.5.4.65", "pseudonym"},
    {"2.5.4.97", "organizationIdentifier"},
    {"0.9.2342.19200300.100.1.1", "uid"},
    {"0.9.2342.19200300.100.1.25", "DC"},
    {"1.2.840.113549.1.9.1", "Email"},
    {"1.2.840.113549.1.9.2", "unstructuredName"},
    {"1.3.6.1.4.1.311.60.2.1.1", "msJurisdictionLocality"},
    {"1.3.6.1.4.1.311.60.2.1.2", "msJurisdictionStateOrProvince"},
    {"1.3.6.1.4.1.311.60.2.1.3", "msJurisdictionCountry"},
};

constexpr std::size_t kMaxOidArcs = 32;

// Dotted text of an object identifier (X.690 8.19).
SlabString oid_text(Bytes content) {
  SlabString out;
  std::uint64_t arc = 0;
  std::size_t arcs = 0;
  for (const std::uint8_t byte : content) {
    arc = arc << 7U | (byte & 0x7fU);
    if ((byte & 0x80U) != 0) continue;
    if (++arcs > kMaxOidArcs) break;
    if (arcs == 1) {
      const std::uint64_t top = std::min<std::uint64_t>(arc / 40, 2);
      fmt::format_to(std::back_inserter(out), "{}.{}", top, arc - top * 40);
    } else {
      fmt::format_to(std::back_inserter(out), ".{}", arc);
    }
    arc = 0;
  }
  return out;
}

bool is_string(BerTag tag) {
  if (tag != ber::universal(tag.number)) return false;
  switch (tag.number) {
    case 12:  // UTF8String
    case 18:  // NumericString
    case 19:  // PrintableString
    case 20:  // TeletexString
    case 21:  // VideotexString
    case 22:  // IA5String
    case 25:  // GraphicString
    case 26:  // VisibleString
    case 27:  // GeneralString
      return true;
    default: return false;
  }
}

void append_value(const BerElement& value, SlabString& out) {
  if (is_string(value.tag)) {
    out.append(reinterpret_cast<const char*>(value.content.data()), value.content.size());
  } else {
    for (const std::uint8_t byte : value.content) fmt::format_to(std::back_inserter(out), "{:02X}", byte);
  }
}

void append_attribute(Bytes oid, const BerElement& value, SlabString& out) {
  const SlabString dotted = oid_text(oid);
  const auto known = std::find_if(std::begin(kAttributes), std::end(kAttributes),
                                  [&dotted](const AttributeName& a) { return a.oid == dotted; });
  out += known == std::end(kAttributes) ? std::string_view(dotted) : known->name;
  out += '=';
  append_value(value, out);
}

}  // namespace

bool read_distinguished_name(BerReader in, SlabString& out) {
  std::size_t parts = 0;
  while (!in.empty()) {
    BerReader set = in.enter(ber::set);
    for (bool first = true; !set.empty(); first = false) {
      BerReader attribute = set.enter(ber::sequence);
      const Bytes oid = attribute.content(ber::oid);
      const BerElement value = attribute.next();
      if (attribute.failed()) return false;
      if (++parts > kMaxNameParts || out.size() > kMaxDnBytes) return true;
      if (!out.empty()) out += first ? ", " : " + ";
      append_attribute(oid, value, out);
    }
    if (set.failed()) return false;
  }
  return !in.failed();
}

}  // namespace weir::tls
