// A socket on the loopback address, of a port that is free or of one that is wanted, and how long tests wait for the other side.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>

#include <doctest/doctest.h>

namespace weir::test {

inline constexpr int kPeerPatienceSeconds = 20;

// A peer that does not come, say or take anything is a failure and no test that hangs: calls on `fd` that wait end with EAGAIN
// after kPeerPatienceSeconds, and those on what it accepts as well.
inline void bound_waiting(int fd) {
  const timeval patience{.tv_sec = kPeerPatienceSeconds, .tv_usec = 0};
  REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0);
}

// Its waiting is bounded.
class LoopbackSocket {
 public:
  // SOCK_DGRAM, or SOCK_STREAM, which listens.
  explicit LoopbackSocket(int type, std::uint16_t wanted = 0)
      : fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    constexpr int kBacklog = 16;
    bound_waiting(fd);
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
