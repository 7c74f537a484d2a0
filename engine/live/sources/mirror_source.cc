#include "engine/live/sources/mirror_source.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "decoders/byte_cursor.h"
#include "decoders/clock.h"
#include "decoders/text.h"

namespace weir::engine {
namespace {

constexpr std::size_t kMaxDatagram = 65535, kRoomBefore = 64;  // for headers
constexpr std::size_t kDatagramsAtOnce = 256;
constexpr int kReceiveBytes = 16 << 20;
constexpr std::uint16_t kVxlanPort = 4789, kGenevePort = 6081, kTzspPort = 37008;
constexpr int kLinkTypeRawIp = 101;
constexpr std::size_t kMaxTzspTags = 64;

struct MirrorName {
  std::string_view name;
  MirrorKind kind;
  std::uint16_t port;
};
constexpr std::array kKinds{MirrorName{"vxlan", MirrorKind::vxlan, kVxlanPort},
                            MirrorName{"geneve", MirrorKind::geneve, kGenevePort},
                            MirrorName{"tzsp", MirrorKind::tzsp, kTzspPort}};

void put_be16(std::uint8_t* to, std::size_t value) {
  to[0] = static_cast<std::uint8_t>(value >> 8U);
  to[1] = static_cast<std::uint8_t>(value);
}

std::string why(const MirrorSettings& settings) {
  return fmt::format("--listen {}: {}", settings.name, std::strerror(errno));
}

// An address of either family; `size`: of the one that is in use.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] bool is_v6() const { return storage.ss_family == AF_INET6; }
  [[nodiscard]] sockaddr_in& v4() { return reinterpret_cast<sockaddr_in&>(storage); }
  [[nodiscard]] sockaddr_in6& v6() { return reinterpret_cast<sockaddr_in6&>(storage); }
};

tl::expected<SocketAddress, std::string> address_of(const MirrorSettings& settings) {
  SocketAddress out;
  const std::string text = settings.address.empty() ? "0.0.0.0" : settings.address;
  if (::inet_pton(AF_INET, text.c_str(), &out.v4().sin_addr) == 1) {
    out.v4().sin_family = AF_INET;
    out.v4().sin_port = htons(settings.port);
    out.size = sizeof(sockaddr_in);
    return out;
  }
  if (::inet_pton(AF_INET6, text.c_str(), &out.v6().sin6_addr) != 1)
    return tl::unexpected(fmt::format("--listen {}: '{}' is not an address", settings.name, text));
  out.v6().sin6_family = AF_INET6;
  out.v6().sin6_port = htons(settings.port);
  out.size = sizeof(sockaddr_in6);
  return out;
}

// Writes the headers of a datagram in front of its `size` bytes at `payload`; gives where they begin.
std::uint8_t* put_headers(std::uint8_t* payload, std::size_t size, SocketAddress& from, SocketAddress& to,
                          std::uint16_t port) {
  std::uint8_t* const udp = payload - 8;
  put_be16(udp, ntohs(from.is_v6() ? from.v6().sin6_port : from.v4().sin_port));
  put_be16(udp + 2, port);
  put_be16(udp + 4, std::min<std::size_t>(size + 8, 0xffff));
  put_be16(udp + 6, 0);  // no checksum
  if (from.is_v6()) {
    std::uint8_t* const ip = udp - 40;
    constexpr std::array<std::uint8_t, 8> kStart{0x60, 0, 0, 0, 0, 0, IPPROTO_UDP, 64};
    std::copy(kStart.begin(), kStart.end(), ip);
    put_be16(ip + 4, std::min<std::size_t>(size + 8, 0xffff));
    std::memcpy(ip + 8, &from.v6().sin6_addr, 16);
    std::memcpy(ip + 24, &to.v6().sin6_addr, 16);
    return ip;
  }
  std::uint8_t* const ip = udp - 20;
  constexpr std::array<std::uint8_t, 12> kStart{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, IPPROTO_UDP, 0, 0};
  std::copy(kStart.begin(), kStart.end(), ip);
  put_be16(ip + 2, std::min<std::size_t>(size + 28, 0xffff));
  std::memcpy(ip + 12, &from.v4().sin_addr, 4);
  std::memcpy(ip + 16, &to.v4().sin_addr, 4);
  return ip;
}

class MirrorSource final : public PacketSource {
 public:
  explicit MirrorSource(std::shared_ptr<const MirrorSocket> socket)
      : socket_(std::move(socket)), buffer_(kRoomBefore + kMaxDatagram) {
    local_.size = sizeof local_.storage;
    (void)::getsockname(socket_->fd(), local_.raw(), &local_.size);
  }

  tl::expected<std::size_t, std::string> poll(PacketHandler& handler,
                                              std::chrono::milliseconds wait) override {
    pollfd ready{.fd = socket_->fd(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(wait.count())) <= 0) return 0;
    const TimeUs now = wall_clock();
    std::size_t packets = 0;
    for (std::size_t i = 0; i < kDatagramsAtOnce && receive(handler, now); ++i) ++packets;
    return packets;
  }
  void close(PacketHandler& handler) override { (void)poll(handler, std::chrono::milliseconds{0}); }
  CaptureCounters counters() override { return counters_; }
  [[nodiscard]] std::string_view interface() const override { return socket_->settings().name; }

 private:
  // False: nothing waits.
  bool receive(PacketHandler& handler, TimeUs now) {
    SocketAddress from;
    std::uint8_t* const datagram = buffer_.data() + kRoomBefore;
    iovec part{datagram, kMaxDatagram};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> control{};
    msghdr message{.msg_name = &from.storage,
                   .msg_namelen = sizeof from.storage,
                   .msg_iov = &part,
                   .msg_iovlen = 1,
                   .msg_control = control.data(),
                   .msg_controllen = control.size(),
                   .msg_flags = 0};
    const ssize_t size = ::recvmsg(socket_->fd(), &message, MSG_DONTWAIT);
    if (size < 0) {
      if (errno != EAGAIN && errno != EINTR) ++counters_.errors;
      return false;
    }
    ++counters_.kernel_packets;
    count_drops(message);
    hand_on(handler, datagram, static_cast<std::size_t>(size), from, now);
    return true;
  }
  void count_drops(msghdr& message) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL) continue;
      std::uint32_t drops = 0;
      std::memcpy(&drops, CMSG_DATA(c), sizeof drops);
      counters_.kernel_drops = drops;
    }
  }
  void hand_on(PacketHandler& handler, std::uint8_t* payload, std::size_t size, SocketAddress& from,
               TimeUs now) {
    std::uint16_t port = socket_->settings().kind == MirrorKind::geneve ? kGenevePort : kVxlanPort;
    if (socket_->settings().kind == MirrorKind::tzsp) {
      const Bytes frame = frame_in_tzsp({payload, size});
      if (frame.empty()) return;
      // What stood before the frame has had its use; VXLAN's header takes its place, and what room there is before.
      payload += frame.data() - payload - 8;
      constexpr std::array<std::uint8_t, 8> kVxlan{0x08, 0, 0, 0, 0, 0, 0, 0};
      std::copy(kVxlan.begin(), kVxlan.end(), payload);
      size = frame.size() + kVxlan.size();
    }
    const std::uint8_t* const begin = put_headers(payload, size, from, local_, port);
    const Bytes packet{begin, static_cast<std::size_t>(payload - begin) + size};
    (void)handler.packet({.bytes = packet,
                          .wire_length = static_cast<std::uint32_t>(packet.size()),
                          .time = now,
                          .number = 0,
                          .link_type = kLinkTypeRawIp},
                         false);
  }

  std::shared_ptr<const MirrorSocket> socket_;
  std::vector<std::uint8_t> buffer_;
  SocketAddress local_;
  CaptureCounters counters_;
};

}  // namespace

tl::expected<MirrorSettings, std::string> parse_mirror(std::string_view text) {
  MirrorSettings out{.name = std::string(text)};
  std::string_view rest = text;
  const std::string_view kind = cut(rest, ':');
  const auto* const found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const MirrorName& k) { return k.name == kind; });
  if (found == kKinds.end())
    return tl::unexpected(fmt::format("--listen {}: expected vxlan, geneve or tzsp, and a port", text));
  out.kind = found->kind;
  out.port = found->port;
  if (rest.empty()) return out;
  const std::size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos) {
    std::string_view address = rest.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    out.address = address;
    rest = rest.substr(colon + 1);
  }
  const auto port = parse_number<std::uint16_t>(rest);
  if (!port) return tl::unexpected(fmt::format("--listen {}: '{}' is not a port", text, rest));
  out.port = *port;
  return out;
}

Bytes frame_in_tzsp(Bytes datagram) {
  constexpr std::uint8_t kVersion = 1, kReceived = 0, kTransmit = 1, kPad = 0, kEnd = 1;
  constexpr std::uint16_t kEthernet = 1;
  ByteCursor in{datagram};
  const std::uint8_t version = in.u8(), type = in.u8();
  const std::uint16_t protocol = in.be16();
  if (in.failed() || version != kVersion || (type != kReceived && type != kTransmit) || protocol != kEthernet)
    return {};
  for (std::size_t i = 0; i < kMaxTzspTags; ++i) {
    const std::uint8_t tag = in.u8();
    if (in.failed()) return {};
    if (tag == kEnd) return in.rest();
    if (tag != kPad) in.skip(in.u8());
  }
  return {};
}

tl::expected<std::shared_ptr<const MirrorSocket>, std::string> MirrorSocket::open(
    const MirrorSettings& settings) {
  auto address = address_of(settings);
  if (!address) return tl::unexpected(std::move(address.error()));
  const int fd = ::socket(address->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return tl::unexpected(why(settings));
  std::shared_ptr<const MirrorSocket> out(new MirrorSocket(fd, settings));
  const int on = 1;
  (void)::setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBytes, sizeof kReceiveBytes);
  if (::bind(fd, address->raw(), address->size) != 0) return tl::unexpected(why(settings));
  return out;
}

MirrorSocket::~MirrorSocket() {
  ::close(fd_);
}

std::uint16_t MirrorSocket::port() const {
  SocketAddress local;
  local.size = sizeof local.storage;
  (void)::getsockname(fd_, local.raw(), &local.size);
  return ntohs(local.is_v6() ? local.v6().sin6_port : local.v4().sin_port);
}

tl::expected<std::unique_ptr<PacketSource>, std::string> MirrorSocket::make_source(
    std::shared_ptr<const MirrorSocket> self) {
  return std::make_unique<MirrorSource>(std::move(self));
}

}  // namespace weir::engine
