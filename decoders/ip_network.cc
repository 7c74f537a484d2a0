#include "decoders/ip_network.h"

#include <algorithm>
#include <string>

#include <arpa/inet.h>

#include "decoders/text.h"

namespace weir {

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  IpNetwork out;
  if (inet_pton(AF_INET, host.c_str(), out.address.bytes.data()) == 1)
    out.address.family = 4;
  else if (inet_pton(AF_INET6, host.c_str(), out.address.bytes.data()) == 1)
    out.address.family = 6;
  else
    return std::nullopt;
  out.bits = out.address.family == 4 ? 32 : 128;
  if (slash == std::string_view::npos) return out;
  const auto asked = parse_number<std::uint8_t>(text.substr(slash + 1));
  if (!asked || *asked > out.bits) return std::nullopt;
  out.bits = *asked;
  return out;
}

IpAddress IpNetwork::prefix(IpAddress address, std::size_t bits) {
  const std::size_t whole = bits / 8U;
  if (whole >= address.bytes.size()) return address;
  address.bytes[whole] &= static_cast<std::uint8_t>(0xff00U >> (bits % 8U));
  std::fill(address.bytes.begin() + static_cast<std::ptrdiff_t>(whole) + 1, address.bytes.end(),
            std::uint8_t{0});
  return address;
}

bool IpNetwork::contains(const IpAddress& a) const {
  if (a.family != address.family) return false;
  const std::size_t whole = bits / 8U, rest = bits % 8U;
  if (!std::equal(a.bytes.begin(), a.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.bytes.begin()))
    return false;
  return rest == 0 || ((a.bytes[whole] ^ address.bytes[whole]) >> (8U - rest)) == 0;
}

std::optional<IpAddress> parse_address(std::string_view text) {
  const auto network = text.find('/') == std::string_view::npos ? IpNetwork::parse(text) : std::nullopt;
  return network ? std::optional(network->address) : std::nullopt;
}

}  // namespace weir
