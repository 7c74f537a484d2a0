// An address and how many of its first bits count: "192.0.2.0/24", "2001:db8::/32", or one address alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/ip_address.h"

namespace weir {

struct IpNetwork {
  IpAddress address;
  std::uint8_t bits = 0;  // at most 32 or 128, by the address's family

  // None for what is no address, and for more bits than it has. For load time.
  static std::optional<IpNetwork> parse(std::string_view text);
  // What parse() takes, for Settings::unreadable().
  static constexpr const char* kExpected = "an address or a network, such as 192.0.2.0/24";
  // The first `bits` bits of the address, and zeros behind them; all of it when it has no more.
  static IpAddress prefix(IpAddress address, std::size_t bits);
  // No address of the other family is in it.
  [[nodiscard]] bool contains(const IpAddress& a) const;
};

// An address; none for what is none, a network among it. For load time.
std::optional<IpAddress> parse_address(std::string_view text);

}  // namespace weir
