// What the words behind a question's name are read as.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <tl/expected.hpp>

#include "decoders/ip_network.h"

namespace weir::engine {

// `role`: "HOST".
inline tl::expected<IpAddress, std::string> address_word(std::string_view role, const std::string& word) {
  if (const auto address = parse_address(word)) return *address;
  return tl::unexpected(fmt::format("{} {}: expected an address such as 192.0.2.1", role, word));
}

inline tl::expected<IpNetwork, std::string> network_word(std::string_view role, const std::string& word) {
  if (const auto network = IpNetwork::parse(word)) return *network;
  return tl::unexpected(fmt::format("{} {}: expected {}", role, word, IpNetwork::kExpected));
}

}  // namespace weir::engine
