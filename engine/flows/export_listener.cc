#include "engine/flows/export_listener.h"

#include <netinet/in.h>

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "decoders/ip_network.h"
#include "decoders/text.h"

namespace weir::engine {
namespace {

struct TransportName {
  std::string_view prefix;
  ExportTransport transport;
};
constexpr std::array kTransports{TransportName{"udp://", ExportTransport::udp},
                                 TransportName{"tcp://", ExportTransport::tcp},
                                 TransportName{"tls://", ExportTransport::tls}};

bool take_transport(std::string_view& rest, ExportTransport& out) {
  for (const TransportName& one : kTransports) {
    if (!rest.starts_with(one.prefix)) continue;
    rest.remove_prefix(one.prefix.size());
    out = one.transport;
    return true;
  }
  return false;
}

}  // namespace

tl::expected<ExportListener, std::string> parse_export_listener(std::string_view text) {
  const auto wrong = [&] {
    return tl::unexpected(fmt::format(
        "--listen {}: expected udp://ADDRESS:PORT, tcp://ADDRESS:PORT or tls://ADDRESS:PORT", text));
  };
  ExportListener out{.address = std::string(text), .ip = IpAddress::v4(0)};
  std::string_view rest = text;
  if (!take_transport(rest, out.transport)) return wrong();
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  const auto port = parse_number<std::uint16_t>(rest.substr(colon + 1));
  std::string_view address = rest.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  if (!port || *port == 0) return wrong();
  out.port = *port;
  if (address.empty()) return out;
  const auto parsed = parse_address(address);
  if (!parsed) return wrong();
  out.ip = *parsed;
  return out;
}

SocketName SocketName::of(const ExportListener& listener) {
  SocketName out;
  if (listener.ip.family == 4) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(out.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(listener.port);
    std::memcpy(&v4.sin_addr, listener.ip.bytes.data(), 4);
    out.size = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(listener.port);
    std::memcpy(&v6.sin6_addr, listener.ip.bytes.data(), 16);
    out.size = sizeof v6;
  }
  return out;
}

flow::Source source_of(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    return {IpAddress::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
  const Bytes bytes{v6.sin6_addr.s6_addr, 16};
  return {IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) ? IpAddress::from(bytes.subspan(12)) : IpAddress::from(bytes),
          ntohs(v6.sin6_port)};
}

}  // namespace weir::engine
