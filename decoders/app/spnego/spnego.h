// The token of a mechanism that logs a client in (GSS-API, RFC 2743 3.1), alone or inside SPNEGO (RFC 4178). SMB, HTTP, LDAP and
// DCERPC carry it.
#pragma once

#include <optional>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::spnego {

// Views into the bytes they were found in. What is not there is empty.
struct Token {
  Bytes ntlmssp;     // begins with a message of NTLMSSP
  Bytes ap_request;  // AP-REQ of Kerberos (RFC 4120 5.5.1)
};

// Texts are at most kMaxText bytes, longer ones are cut; there are at most kMaxNames.
struct ServiceTicket {
  SlabString realm;
  SlabVector<SlabString> names;  // of the service: "cifs", "server.example.org"
};
inline constexpr std::size_t kMaxNames = 16, kMaxText = 1024;

// `blob` is what a protocol carries, whatever of it is there. Where it cannot be read as DER, NTLMSSP's signature is looked for.
// Linear.
Token find_token(Bytes blob);
// What the ticket in the request is for; none when it cannot be read so far.
std::optional<ServiceTicket> parse_ap_request(Bytes ap_request);

}  // namespace weir::spnego
