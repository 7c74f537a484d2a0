// An IPv4 or IPv6 address by value, with its family: two addresses of different families never compare equal.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>

#include "decoders/types.h"

namespace weir {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // network order; IPv4 uses the first four, the rest is zero
  std::uint8_t family = 0;               // 4, 6, or 0 for none

  static IpAddress v4(std::uint32_t host_order) {
    IpAddress a;
    a.family = 4;
    for (std::size_t i = 0; i < 4; ++i) a.bytes[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    return a;
  }
  // `network_order` has 4 or 16 bytes; any other length gives no address.
  static IpAddress from(Bytes network_order) {
    IpAddress a;
    if (network_order.size() != 4 && network_order.size() != 16) return a;
    a.family = network_order.size() == 4 ? 4 : 6;
    std::memcpy(a.bytes.data(), network_order.data(), network_order.size());
    return a;
  }
  [[nodiscard]] std::uint32_t v4_host_order() const {
    return (std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) | (std::uint32_t{bytes[2]} << 8U) |
           bytes[3];
  }
  auto operator<=>(const IpAddress&) const = default;
};

// Dotted quad, or eight full groups ("2001:0db8:...:0001"): how EVE prints IPv6.
std::string to_string(const IpAddress& a);

}  // namespace weir
