// Where exporters send to: places to listen at, and the names of sockets.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "decoders/flow/decoder.h"

namespace weir::engine {

enum class ExportTransport : std::uint8_t { udp, tcp, tls };

struct ExportListener {
  ExportTransport transport = ExportTransport::udp;
  std::string address;  // as it was written, for messages
  IpAddress ip;         // of this host; family 4 or 6
  std::uint16_t port = 0;
};

// "udp://0.0.0.0:2055", "tcp://[::]:4739", "tls://:4740" (all of IPv4). Fails with a text.
tl::expected<ExportListener, std::string> parse_export_listener(std::string_view text);

// An address and a port as the system has them.
struct SocketName {
  sockaddr_storage storage{};
  socklen_t size = 0;
  static SocketName of(const ExportListener& listener);
  [[nodiscard]] sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
};
// The peer of that name; IPv4 in IPv6 is IPv4.
flow::Source source_of(const sockaddr_storage& from);

}  // namespace weir::engine
