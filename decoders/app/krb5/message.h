// Messages of Kerberos 5 between clients and key distribution centres (RFC 4120): requests, replies and errors.
//
// Plain functions over one whole message. What is read of it is copied.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::krb5 {

enum class MessageType : std::uint8_t { as_req = 10, as_rep = 11, tgs_req = 12, tgs_rep = 13, error = 30 };
// "KRB_AS_REQ".
std::string_view message_type_name(MessageType type);

// A principal, by its parts: "host", "www.example.com".
using Name = SlabVector<SlabString>;
inline constexpr std::size_t kMaxNameParts = 16;  // of more the rest is left out

struct Message {
  MessageType type = MessageType::as_req;
  Name client, server;                // of a reply, the server is the ticket's; empty: the message names none
  SlabString realm;                   // a request's; in replies and errors the client's; empty: there is none
  std::optional<std::int32_t> error;  // of an error
  std::optional<std::int32_t> encryption, ticket_encryption;  // of a reply: of its own part, of the ticket

  [[nodiscard]] bool is_request() const {
    return type == MessageType::as_req || type == MessageType::tgs_req;
  }
  [[nodiscard]] std::size_t held() const;  // bytes besides its own size; about
};

// What one message is, by its first byte.
enum class Kind : std::uint8_t {
  read,      // requests, replies and errors
  not_read,  // those of other exchanges: application requests, safe and private messages
  none,
};
Kind kind_of(std::uint8_t first_byte);

// None: it is broken. The bytes begin with one of Kind::read.
std::optional<Message> parse_message(Bytes bytes);

// "rc4-hmac", "KDC_ERR_POLICY"; empty for a number that stands for none.
std::string_view encryption_name(std::int32_t type);
std::string_view error_name(std::int32_t code);
// Neither AES nor Camellia.
bool is_weak(std::int32_t encryption);
// By its name; none when there is none.
std::optional<std::int32_t> encryption_by_name(std::string_view name);

}  // namespace weir::krb5
