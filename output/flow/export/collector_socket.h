// Sockets to collectors: their addresses, and how they are opened.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include <tl/expected.hpp>

#include "output/flow/export/export_settings.h"

namespace weir::output {

struct CollectorAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

// Looks the host up, and takes the first address that it has. Waits for the name service. Fails with a text.
tl::expected<CollectorAddress, std::string> find_collector(const ExportTarget& target);

// A non-blocking socket of that type (SOCK_DGRAM, SOCK_STREAM) that is not connected yet. Fails with a text.
tl::expected<int, std::string> make_collector_socket(const ExportTarget& target, int family, int type);

}  // namespace weir::output
