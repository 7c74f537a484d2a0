#include "decoders/app/spnego/spnego.h"

#include <algorithm>

#include "decoders/app/ntlmssp/ntlmssp.h"
#include "decoders/ber.h"
#include "decoders/text.h"

namespace weir::spnego {
namespace {

constexpr BerTag application(std::uint32_t number) {
  return {BerTag::Class::application, true, number};
}
constexpr BerTag field(std::uint32_t number) {
  return ber::constructed(ber::context(number));
}
constexpr BerTag kGeneralString = ber::universal(27);

constexpr std::uint8_t kSpnego[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x02};
constexpr std::uint8_t kKerberos[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02};
// With the 16 bits of the first number's third part, as old Windows sends it.
constexpr std::uint8_t kOldKerberos[] = {0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02};
constexpr std::size_t kTokenId = 2;  // before an AP-REQ, RFC 4121 4.1

bool same(Bytes a, Bytes b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// The content of the field with that number of a sequence, passing over those before it; empty when it is not there.
Bytes field_of(BerReader fields, std::uint32_t number) {
  while (!fields.empty()) {
    const BerElement element = fields.next();
    if (fields.failed()) break;
    if (element.tag == field(number)) return element.content;
  }
  return {};
}

// What a mechanism sends: NTLMSSP as it is, Kerberos behind its identifier.
Token of_mechanism(Bytes token) {
  if (ntlmssp::is_message(token)) return {.ntlmssp = token};
  BerReader gss = BerReader(token).enter(application(0));
  const Bytes mechanism = gss.content(ber::oid);
  if (gss.failed() || (!same(mechanism, kKerberos) && !same(mechanism, kOldKerberos))) return {};
  const auto behind = static_cast<std::size_t>(mechanism.data() + mechanism.size() - token.data()) + kTokenId;
  return behind < token.size() ? Token{.ap_request = token.subspan(behind)} : Token{};
}

// NegTokenInit and NegTokenResp have the mechanism's token in the field with the same number.
Token of_negotiation(BerReader fields) {
  return of_mechanism(BerReader(field_of(fields, 2)).content(ber::octet_string));
}

Token of_der(Bytes blob) {
  const auto tag = BerReader(blob).next_tag();
  if (!tag) return {};
  if (*tag == field(1)) return of_negotiation(BerReader(blob).enter(field(1)).enter(ber::sequence));
  BerReader gss = BerReader(blob).enter(application(0));
  const Bytes mechanism = gss.content(ber::oid);
  if (gss.failed()) return {};
  if (!same(mechanism, kSpnego)) return of_mechanism(blob);
  return of_negotiation(gss.enter(field(0)).enter(ber::sequence));
}

SlabString general_string(Bytes content) {
  return SlabString{as_text(content.first(std::min(content.size(), kMaxText)))};
}

}  // namespace

Token find_token(Bytes blob) {
  const Token found = of_der(blob);
  return found.ntlmssp.empty() && found.ap_request.empty() ? Token{.ntlmssp = ntlmssp::find_message(blob)}
                                                           : found;
}

std::optional<ServiceTicket> parse_ap_request(Bytes ap_request) {
  BerReader ticket = BerReader(field_of(BerReader(ap_request).enter(application(14)).enter(ber::sequence), 3))
                         .enter(application(1))
                         .enter(ber::sequence);
  if (ticket.failed()) return std::nullopt;
  ServiceTicket out;
  BerReader realm{field_of(ticket, 1)};
  out.realm = general_string(realm.content(kGeneralString));
  BerReader name = BerReader(field_of(ticket, 2)).enter(ber::sequence);
  BerReader parts = BerReader(field_of(name, 1)).enter(ber::sequence);
  while (!parts.empty() && out.names.size() < kMaxNames)
    if (const Bytes part = parts.content(kGeneralString); !parts.failed())
      out.names.push_back(general_string(part));
  if (realm.failed() || out.names.empty()) return std::nullopt;
  return out;
}

}  // namespace weir::spnego
