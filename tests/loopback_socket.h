// A socket on the loopback address, of a port that is free or of one that is wanted.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

#include <doctest/doctest.h>

namespace weir::test {

class LoopbackSocket {
 public:
  // SOCK_DGRAM, or SOCK_STREAM, which listens.
  explicit LoopbackSocket(int type, std::uint16_t wanted = 0)
      : fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    constexpr int kBacklog = 16;
    const int on = 1;
    (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(wanted);
    REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    socklen_t size = sizeof name;
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0);
    port = ntohs(name.sin_port);
    if (type == SOCK_STREAM) REQUIRE(::listen(fd, kBacklog) == 0);
  }
  ~LoopbackSocket() { ::close(fd); }
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;

  const int fd;
  std::uint16_t port = 0;
};

}  // namespace weir::test
