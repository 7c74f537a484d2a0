// Addresses, protocols and link types as text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decoders/ip_address.h"

namespace weir::output {

// An address as EVE prints it (dotted quad, or eight full groups), without heap memory. Empty for no address.
class AddressText {
 public:
  explicit AddressText(const IpAddress& address);
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 40> text_{};
  std::size_t size_ = 0;
};

// "TCP", "IPv6-ICMP" ...; unassigned numbers give three digits ("253"). Lives for ever.
std::string_view ip_protocol_name(std::uint8_t protocol);

// "EN10MB" for LINKTYPE_ 1 ...; empty when the number has no name here. Lives for ever.
std::string_view link_type_name(int link_type);

}  // namespace weir::output
