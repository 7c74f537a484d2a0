// What a side offers in SSH_MSG_KEXINIT (RFC 4253 7.1), and HASSH, which identifies its software by that
// (https://github.com/salesforce/hassh).
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "decoders/byte_cursor.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::ssh {

inline constexpr std::size_t kNameLists = 10;

// Name-lists as sent, names separated by commas. Views into the message.
struct KeyExchangeInit {
  enum List : std::uint8_t {
    kex_algorithms,
    server_host_key_algorithms,
    encryption_to_server,
    encryption_to_client,
    mac_to_server,
    mac_to_client,
    compression_to_server,
    compression_to_client,
    languages_to_server,
    languages_to_client
  };
  std::array<std::string_view, kNameLists> lists;
};

// `body` follows the message code and may hold padding behind the message. None: a list leaves the message.
std::optional<KeyExchangeInit> parse_key_exchange_init(Bytes body);

// "kex;encryption;mac;compression", of the lists that the sender in direction d means for what it sends itself.
SlabString hassh_text(const KeyExchangeInit& init, Direction d);

}  // namespace weir::ssh
