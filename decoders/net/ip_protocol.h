// Numbers of the protocols that an IP header can name (IANA "Protocol Numbers"), as far as we look at them.
#pragma once

#include <cstdint>

namespace weir::ip_protocol {

inline constexpr std::uint8_t hop_by_hop = 0, icmp = 1, ipv4 = 4, tcp = 6, udp = 17, ipv6 = 41, routing = 43,
                              fragment = 44, gre = 47, esp = 50, ah = 51, icmpv6 = 58, none = 59,
                              destination = 60, sctp = 132, mobility = 135, hip = 139, shim6 = 140;

constexpr bool is_icmp(std::uint8_t protocol) { return protocol == icmp || protocol == icmpv6; }
constexpr bool has_ports(std::uint8_t protocol) { return protocol == tcp || protocol == udp || protocol == sctp; }

}  // namespace weir::ip_protocol
