#include "output/flow/export/collector_socket.h"

#include <netdb.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace weir::output {
namespace {

constexpr int kSendBufferBytes = 4 << 20;  // the kernel gives what it allows

}  // namespace

tl::expected<CollectorAddress, std::string> find_collector(const ExportTarget& target) {
  addrinfo hints{};
  hints.ai_socktype = target.transport == ExportTarget::Transport::udp ? SOCK_DGRAM : SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(target.host.c_str(), fmt::to_string(target.port).c_str(), &hints, &found);
  if (error != 0) return tl::unexpected(fmt::format("{}: {}", target.text, ::gai_strerror(error)));
  CollectorAddress out;
  std::memcpy(&out.storage, found->ai_addr, found->ai_addrlen);
  out.size = found->ai_addrlen;
  ::freeaddrinfo(found);
  return out;
}

tl::expected<int, std::string> make_collector_socket(const ExportTarget& target, int family, int type) {
  const int fd = ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return tl::unexpected(fmt::format("{}: socket: {}", target.text, std::strerror(errno)));
  (void)::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof kSendBufferBytes);
  return fd;
}

}  // namespace weir::output
