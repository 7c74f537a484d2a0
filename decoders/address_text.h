// Addresses as people write them: dotted quads, and IPv6 in the short form of RFC 5952. Made for many of them: nothing is allocated.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "decoders/ip_address.h"

namespace weir {

inline constexpr std::size_t kAddressTextBytes = 46;  // INET6_ADDRSTRLEN

class ShortAddress {
 public:
  explicit ShortAddress(const IpAddress& address);
  // Empty for no address.
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, kAddressTextBytes> text_;
  std::size_t size_ = 0;
};

// The same as a string.
std::string short_text(const IpAddress& address);

// "02:00:00:00:00:01"; none for what is not six pairs of digits with colons between them.
std::optional<std::array<std::uint8_t, 6>> read_mac(std::string_view text);

// Family 0 for what is no address. Dotted quads without leading zeros, any form of IPv6 without a zone.
IpAddress read_address(std::string_view text);

}  // namespace weir
