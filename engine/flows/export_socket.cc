#include "engine/flows/export_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "decoders/ip_network.h"
#include "decoders/text.h"

namespace weir::engine {
namespace {

constexpr std::size_t kDatagramBytes = 65536, kBatch = 64;
constexpr int kQueueBytes = 32 << 20;
constexpr std::string_view kUdp = "udp://";

struct SocketName {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketName name_of(const ExportListener& listener) {
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

tl::expected<ExportListener, std::string> parse_export_listener(std::string_view text) {
  const auto wrong = [&] {
    return tl::unexpected(fmt::format("--listen {}: expected udp://ADDRESS:PORT", text));
  };
  ExportListener out{.address = std::string(text), .ip = IpAddress::v4(0)};
  std::string_view rest = text;
  if (!rest.starts_with(kUdp)) return wrong();
  rest.remove_prefix(kUdp.size());
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  const auto port = parse_number<std::uint16_t>(rest.substr(colon + 1));
  std::string_view address = rest.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  if (!port || *port == 0) return wrong();
  out.port = *port;
  if (address.empty()) return out;
  const auto network = IpNetwork::parse(address);
  if (!network || address.find('/') != std::string_view::npos) return wrong();
  out.ip = network->address;
  return out;
}

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
  SocketName name = name_of(listener);
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
