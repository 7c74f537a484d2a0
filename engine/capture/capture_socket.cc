#include "engine/capture/capture_socket.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace weir::engine {
namespace {

constexpr std::string_view kConnect = "tcp://", kListen = "tcp-listen://";

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

tl::expected<Addresses, std::string> find_addresses(const std::string& path, std::string_view place,
                                                    bool listens) {
  const std::size_t colon = place.rfind(':');
  std::string_view host = place.substr(0, colon);
  if (colon == std::string_view::npos || colon + 1 == place.size() || host.empty())
    return tl::unexpected(fmt::format("{}: expected {}ADDRESS:PORT", path, listens ? kListen : kConnect));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = listens ? AI_PASSIVE : 0;
  addrinfo* found = nullptr;
  const int status =
      ::getaddrinfo(std::string(host).c_str(), std::string(place.substr(colon + 1)).c_str(), &hints, &found);
  if (status != 0) return tl::unexpected(fmt::format("{}: {}", path, ::gai_strerror(status)));
  return Addresses(found);
}

bool prepare(int fd, const addrinfo& address, bool listens) {
  const int on = 1;
  if (!listens) return ::connect(fd, address.ai_addr, address.ai_addrlen) == 0;
  return ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
         ::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, 1) == 0;
}

std::string name_of(const sockaddr_storage& address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return std::string(kConnect);
  const bool is_v6 = address.ss_family == AF_INET6;
  return fmt::format("{}{}{}{}:{}", kConnect, is_v6 ? "[" : "", host.data(), is_v6 ? "]" : "", port.data());
}

}  // namespace

bool is_capture_socket(std::string_view path) {
  return path.starts_with(kConnect) || path.starts_with(kListen);
}

tl::expected<CaptureSocket, std::string> CaptureSocket::open(const std::string& path) {
  const bool listens = path.starts_with(kListen);
  const auto addresses = find_addresses(
      path, std::string_view(path).substr(listens ? kListen.size() : kConnect.size()), listens);
  if (!addresses) return tl::unexpected(addresses.error());
  std::string problem;
  for (const addrinfo* a = addresses->get(); a != nullptr; a = a->ai_next) {
    const int fd = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (fd >= 0 && prepare(fd, *a, listens)) return CaptureSocket(fd, listens, path);
    problem = std::strerror(errno);
    if (fd >= 0) ::close(fd);
  }
  return tl::unexpected(fmt::format("{}: {}", path, problem));
}

CaptureSocket::~CaptureSocket() {
  if (fd_ >= 0) ::close(fd_);
}

CaptureSocket::CaptureSocket(CaptureSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), listens_(other.listens_), peer_(std::move(other.peer_)) {}

int CaptureSocket::take() {
  if (!listens_) return std::exchange(fd_, -1);
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const int client = ::accept4(fd_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
  if (client >= 0) peer_ = name_of(from, size);
  return client;
}

}  // namespace weir::engine
