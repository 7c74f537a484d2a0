#include "engine/live/sources/queue_sockets.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace weir::engine {

tl::expected<std::unique_ptr<QueueSockets>, std::string> QueueSockets::make(std::size_t queues) {
  std::unique_ptr<QueueSockets> out(new QueueSockets);
  for (std::size_t i = 0; i < queues * (1 + kSparesPerQueue); ++i) {
    const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (fd >= 0) out->unused_.push_back(fd);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      return tl::unexpected(fmt::format("-q: netlink socket: {}", std::strerror(errno)));
  }
  return out;
}

QueueSockets::~QueueSockets() {
  for (const int fd : unused_) ::close(fd);
}

int QueueSockets::take() {
  const std::lock_guard guard(lock_);
  if (unused_.empty()) return -1;
  const int fd = unused_.back();
  unused_.pop_back();
  return fd;
}

}  // namespace weir::engine
