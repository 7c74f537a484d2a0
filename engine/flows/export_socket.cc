#include "engine/flows/export_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace weir::engine {
namespace {

constexpr std::size_t kDatagramBytes = 65536, kBatch = 64;
constexpr int kQueueBytes = 32 << 20;

// How many the kernel says that it has dropped so far; none when it says nothing.
std::optional<std::uint32_t> drops_of(msghdr& message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL) continue;
    std::uint32_t drops = 0;
    std::memcpy(&drops, CMSG_DATA(c), sizeof drops);
    return drops;
  }
  return std::nullopt;
}

}  // namespace

struct ExportSocket::Buffers {
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> bytes{};
  };
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(kBatch * kDatagramBytes);
  std::array<sockaddr_storage, kBatch> names{};
  std::array<Control, kBatch> controls{};
  std::array<iovec, kBatch> parts{};
  std::array<mmsghdr, kBatch> messages{};

  void prepare() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      parts[i] = {bytes.data() + i * kDatagramBytes, kDatagramBytes};
      messages[i].msg_hdr = {.msg_name = &names[i],
                             .msg_namelen = sizeof names[i],
                             .msg_iov = &parts[i],
                             .msg_iovlen = 1,
                             .msg_control = controls[i].bytes.data(),
                             .msg_controllen = controls[i].bytes.size(),
                             .msg_flags = 0};
    }
  }
};

ExportSocket::ExportSocket(int fd, std::string name)
    : fd_(fd), name_(std::move(name)), buffers_(std::make_unique<Buffers>()) {}

ExportSocket::ExportSocket(ExportSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      buffers_(std::move(other.buffers_)),
      dropped_(other.dropped_) {}

ExportSocket::~ExportSocket() {
  if (fd_ >= 0) ::close(fd_);
}

tl::expected<ExportSocket, std::string> ExportSocket::open(const ExportListener& listener) {
  SocketName name = SocketName::of(listener);
  const auto why = [&] {
    return tl::unexpected(fmt::format("--listen {}: {}", listener.address, std::strerror(errno)));
  };
  const int fd = ::socket(name.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return why();
  ExportSocket out(fd, listener.address);
  const int on = 1;
  (void)::setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  // Beyond the system's limit for others, where we may.
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kQueueBytes, sizeof kQueueBytes) != 0)
    (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kQueueBytes, sizeof kQueueBytes);
  if (::bind(fd, name.raw(), name.size) != 0) return why();
  return out;
}

std::size_t ExportSocket::receive(const Handler& handler) {
  std::size_t all = 0;
  while (all < kMostAtOnce) {
    const std::size_t got = receive_batch(handler);
    all += got;
    if (got < kBatch) break;
  }
  return all;
}

std::size_t ExportSocket::receive_batch(const Handler& handler) {
  Buffers& b = *buffers_;
  b.prepare();
  const int got = ::recvmmsg(fd_, b.messages.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (got <= 0) return 0;
  const auto count = static_cast<std::size_t>(got);
  if (const auto drops = drops_of(b.messages[count - 1].msg_hdr))
    dropped_ += *drops - static_cast<std::uint32_t>(dropped_);
  for (std::size_t i = 0; i < count; ++i)
    handler(source_of(b.names[i]), {b.bytes.data() + i * kDatagramBytes, b.messages[i].msg_len});
  return count;
}

}  // namespace weir::engine
