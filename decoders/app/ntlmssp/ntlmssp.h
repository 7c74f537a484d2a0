// NTLMSSP (MS-NLMP): what a client says of itself when it logs in by NTLM. SMB, HTTP, LDAP and DCERPC carry its messages,
// alone or inside SPNEGO (decoders/app/spnego/spnego.h).
//
// Plain functions over one message. What they give is copied out, texts as UTF-8.
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::ntlmssp {

enum class MessageType : std::uint32_t { negotiate = 1, challenge = 2, authenticate = 3 };

struct Version {
  std::uint8_t major = 0, minor = 0;
  std::uint16_t build = 0;
  std::uint8_t revision = 0;

  // "10.0 build 10586 rev 15"
  [[nodiscard]] SlabString text() const;
  bool operator==(const Version&) const = default;
};

// Texts of at most kMaxText bytes as sent; of longer ones the beginning.
struct Authenticate {
  SlabString domain, user, host;
  std::optional<Version> version;  // none: the client does not say
  // The texts do not stand in the order of their fields: domain, user, host.
  bool is_unusual_order = false;
};

inline constexpr std::size_t kMaxText = 1024;

// `bytes` begin with a message of NTLMSSP.
bool is_message(Bytes bytes);
// From where one begins in `bytes`, whatever stands before it; empty when none does. Linear.
Bytes find_message(Bytes bytes);
// None: it is no message, or cut short.
std::optional<MessageType> message_type(Bytes message);
// `message` is an AUTHENTICATE message and what may follow it. None: a text does not lie in it.
std::optional<Authenticate> parse_authenticate(Bytes message);

}  // namespace weir::ntlmssp
