#include "output/reader_retry.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace weir::output {

using std::chrono::milliseconds, std::chrono::steady_clock;

void ReaderRetry::failed() {
  next_ = clock_() + delay_;
  delay_ = std::min(delay_ * 2, kLongest);
}

tl::expected<void, std::string> check_socket_path(const std::string& path) {
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() <= kLongest) return {};
  return tl::unexpected(
      fmt::format("{}: longer than the {} bytes that a socket's path can have", path, kLongest));
}

int connect_unix(const std::string& path, int type) {
  const int fd = ::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  // The kernel gives what it allows.
  constexpr int kSendBuffer = 1 << 20;
  (void)::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

bool wait_writable(int fd, steady_clock::time_point until) {
  pollfd entry{.fd = fd, .events = POLLOUT, .revents = 0};
  for (;;) {
    int wait_ms = -1;
    if (until != steady_clock::time_point::max()) {
      const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
      wait_ms = static_cast<int>(std::clamp(left, milliseconds(0), milliseconds(60'000)).count());
    }
    const int ready = ::poll(&entry, 1, wait_ms);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // writing will tell
    if (wait_ms == 0) return false;
  }
}

}  // namespace weir::output
