#include "engine/query/initiator.h"

#include <algorithm>

#include "decoders/net/ip_protocol.h"
#include "decoders/packet.h"

namespace weir::engine {
namespace {

// From here on Linux and Windows give ports to clients.
constexpr std::uint16_t kFirstClientPort = 32768;

// Ports above 1023 that services have by default (IANA's registry, and vendors' manuals); sorted.
constexpr std::array<std::uint16_t, 92> kServicePorts{
    1080, 1099, 1194, 1433, 1434, 1521,  1645,  1646,  1701,  1723,  1812,  1813, 1883, 1900, 2049, 2055,
    2083, 2181, 2222, 2375, 2376, 2379,  2380,  3000,  3128,  3260,  3268,  3269, 3306, 3389, 3478, 3690,
    4369, 4500, 4739, 4789, 5044, 5060,  5061,  5201,  5222,  5269,  5353,  5355, 5432, 5433, 5601, 5671,
    5672, 5900, 5985, 5986, 6081, 6343,  6379,  6443,  6514,  6653,  6667,  7000, 8000, 8008, 8080, 8081,
    8086, 8088, 8123, 8140, 8200, 8443,  8500,  8883,  8888,  9000,  9042,  9090, 9092, 9093, 9100, 9200,
    9300, 9418, 9443, 9995, 9996, 10050, 10051, 10250, 11211, 15672, 26379, 27017};
static_assert(std::is_sorted(kServicePorts.begin(), kServicePorts.end()));

bool is_icmp_reply(const flow::Record& r) {
  const std::uint8_t type = r.icmp_type;
  if (r.protocol == ip_protocol::icmpv6) return type == 129;
  return type == 0 || type == 14 || type == 16 || type == 18;
}

// The end of two that has the sign, when one of them has it; none: -1.
int only_one(const Ends& ends, std::uint8_t sign) {
  const bool first = (ends.signs[0] & sign) != 0, second = (ends.signs[1] & sign) != 0;
  return first == second ? -1 : first ? 0 : 1;
}

std::size_t other_end(int end) {
  return end == 0 ? 1 : 0;
}

// By what the ports are used for, else by time, else by the numbers.
std::size_t by_ports_and_times(const Ends& ends) {
  const bool has_ports = ip_protocol::has_ports(ends.protocol);
  const auto [a, b] = ends.ports;
  if (has_ports && (a == 0) != (b == 0)) return a == 0 ? 0 : 1;  // of rollups, which leave the client's out
  if (has_ports && ends.named[0] != ends.named[1]) return ends.named[0] ? 1 : 0;
  if (has_ports && is_service_port(a) != is_service_port(b)) return is_service_port(a) ? 1 : 0;
  for (std::size_t end : {std::size_t{0}, std::size_t{1}})
    if (ends.signs[end] == sign::only_reset) return 1 - end;
  if (ends.earlier != 0) return ends.earlier < 0 ? 0 : 1;
  if ((ends.signs[0] == 0) != (ends.signs[1] == 0)) {
    const std::size_t sender = ends.signs[0] != 0 ? 0 : 1;
    const bool is_server =
        has_ports && ends.ports[sender] < kFirstClientPort && ends.ports[1 - sender] >= kFirstClientPort;
    return is_server ? 1 - sender : sender;
  }
  return a >= b ? 0 : 1;
}

}  // namespace

bool is_service_port(std::uint16_t port) {
  return port < 1024 || std::binary_search(kServicePorts.begin(), kServicePorts.end(), port);
}

bool is_icmp_error(const flow::Record& r) {
  if (!r.has_icmp) return false;
  if (r.protocol == ip_protocol::icmpv6) return r.icmp_type >= 1 && r.icmp_type < 128;
  return r.icmp_type == 3 || r.icmp_type == 4 || r.icmp_type == 5 || r.icmp_type == 11 || r.icmp_type == 12;
}

std::uint8_t signs_of(const flow::Record& r, std::size_t side, bool begins) {
  const std::uint8_t start = begins && side == 0 ? sign::began : std::uint8_t{0};
  if (r.has_icmp) {
    const bool is_reply = is_icmp_reply(r) != (side == 1);
    return static_cast<std::uint8_t>(start | sign::spoke | (is_reply ? sign::replied : sign::asked));
  }
  if (r.protocol != ip_protocol::tcp) return start | sign::spoke;
  const std::uint8_t flags = r.sides[side].tcp_flags;
  constexpr std::uint8_t kTalk = tcp_flag::syn | tcp_flag::fin | tcp_flag::psh;
  constexpr std::uint8_t kData = tcp_flag::syn | tcp_flag::ack | tcp_flag::psh;
  if ((flags & tcp_flag::rst) != 0 && (flags & kTalk) == 0 &&
      r.sides[side].packets <= flow::kMaxResets * std::max<std::uint64_t>(r.flows, 1))
    return start | sign::only_reset;
  if ((flags & tcp_flag::syn) != 0 && (flags & tcp_flag::ack) == 0)
    return start | sign::spoke | sign::only_syn;
  const bool has_data = (flags & kData) == kData && (flags & tcp_flag::urg) == 0;
  return static_cast<std::uint8_t>(start | sign::spoke | (has_data ? sign::went_on : 0));
}

std::size_t initiator_of(const Ends& ends) {
  if (const int end = only_one(ends, sign::began); end >= 0) return static_cast<std::size_t>(end);
  if (const int end = only_one(ends, sign::only_syn); end >= 0) return static_cast<std::size_t>(end);
  if (const int end = only_one(ends, sign::asked); end >= 0) return static_cast<std::size_t>(end);
  if (const int end = only_one(ends, sign::replied); end >= 0) return other_end(end);
  return by_ports_and_times(ends);
}

}  // namespace weir::engine
