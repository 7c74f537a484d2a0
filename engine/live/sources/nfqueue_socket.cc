#include "engine/live/sources/nfqueue_socket.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "engine/live/sources/packet_memory.h"
#include "engine/live/sources/queue_sockets.h"

namespace weir::engine {
namespace {

constexpr std::size_t kMessageBytes = 68 << 10;  // a packet of 64 kB and its attributes
constexpr std::size_t kRequestBytes = 512;
constexpr std::size_t kVerdictBytes = 256 << 10;  // of verdicts, two packets that were rewritten among them
constexpr std::size_t kPlainVerdictBytes = 64;

std::string failure(std::uint16_t queue, std::string_view what, int error) {
  return fmt::format("-q {}: {}: {}", queue, what, std::strerror(error));
}

}  // namespace

struct NfqueueSocket::Buffers {
  explicit Buffers(std::uint32_t batch)
      : bytes(kMessageBytes * batch), verdicts(kVerdictBytes), vectors(batch), headers(batch), packets(batch) {
    for (std::uint32_t i = 0; i < batch; ++i) {
      vectors[i] = {bytes.data() + i * kMessageBytes, kMessageBytes};
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }
  PacketMemory bytes, verdicts;
  std::vector<iovec> vectors;
  std::vector<mmsghdr> headers;
  std::vector<QueuedPacket> packets;
  std::size_t verdicts_used = 0;
};

NfqueueSocket::NfqueueSocket(int fd, std::uint16_t queue, const NfqueueSettings& settings)
    : fd_(fd), queue_(queue), settings_(settings), buffers_(std::make_unique<Buffers>(settings.batch)) {}

NfqueueSocket::NfqueueSocket(NfqueueSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      queue_(other.queue_),
      settings_(other.settings_),
      bound_(other.bound_.load()),
      overruns_(other.overruns_),
      verdict_errors_(other.verdict_errors_),
      buffers_(std::move(other.buffers_)) {}

NfqueueSocket::~NfqueueSocket() {
  if (fd_ >= 0) ::close(fd_);
}

tl::expected<NfqueueSocket, std::string> NfqueueSocket::open(std::uint16_t queue,
                                                             const NfqueueSettings& settings,
                                                             QueueSockets& sockets) {
  const int fd = sockets.take();
  if (fd < 0)
    return tl::unexpected(
        fmt::format("-q {}: no netlink socket is left of those that were made at the start", queue));
  NfqueueSocket out(fd, queue, settings);
  const int bytes = settings.receive_buffer_bytes;
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
    (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  return out;
}

NfqueueSocket NfqueueSocket::adopt(int fd, std::uint16_t queue, const NfqueueSettings& settings) {
  NfqueueSocket out(fd, queue, settings);
  out.bound_ = true;
  return out;
}

tl::expected<void, std::string> NfqueueSocket::bind() {
  std::array<char, kRequestBytes> buffer{};
  nlmsghdr* message = nfq_nlmsg_put(buffer.data(), NFQNL_MSG_CONFIG, queue_);
  message->nlmsg_flags |= NLM_F_ACK;
  nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
  nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, 0xffff);
  nfq_nlmsg_cfg_put_qmaxlen(message, settings_.queue_length);  // turns it round itself
  const std::uint32_t known = NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN;
  mnl_attr_put_u32(message, NFQA_CFG_FLAGS,
                   htonl(NFQA_CFG_F_GSO | (settings_.fail_open ? NFQA_CFG_F_FAIL_OPEN : 0U)));
  mnl_attr_put_u32(message, NFQA_CFG_MASK, htonl(known));
  auto done = request({reinterpret_cast<std::uint8_t*>(message), message->nlmsg_len});
  bound_ = done.has_value();
  return done;
}

void NfqueueSocket::unbind() {
  if (!bound_.exchange(false)) return;
  std::array<char, kRequestBytes> buffer{};
  nlmsghdr* message = nfq_nlmsg_put(buffer.data(), NFQNL_MSG_CONFIG, queue_);
  nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_UNBIND);
  (void)::send(fd_, message, message->nlmsg_len, 0);
}

// Sends and waits for the kernel's answer; packets cannot come before it.
tl::expected<void, std::string> NfqueueSocket::request(std::span<const std::uint8_t> message) {
  if (::send(fd_, message.data(), message.size(), 0) < 0)
    return tl::unexpected(failure(queue_, "netlink", errno));
  std::array<char, kRequestBytes> answer{};
  const ssize_t got = ::recv(fd_, answer.data(), answer.size(), 0);
  const auto* header = reinterpret_cast<const nlmsghdr*>(answer.data());
  if (got < static_cast<ssize_t>(sizeof(nlmsghdr) + sizeof(nlmsgerr)) || header->nlmsg_type != NLMSG_ERROR)
    return tl::unexpected(fmt::format("-q {}: no answer from the kernel", queue_));
  const int error = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(header))->error;
  if (error == 0) return {};
  if (error == EPERM)
    return tl::unexpected(fmt::format(
        "-q {}: needs root, or the capability CAP_NET_ADMIN; or another program has this queue", queue_));
  if (error == EBUSY) return tl::unexpected(fmt::format("-q {}: another program has this queue", queue_));
  return tl::unexpected(failure(queue_, "binding the queue", error));
}

tl::expected<std::span<const QueuedPacket>, std::string> NfqueueSocket::receive(
    std::chrono::milliseconds wait) {
  Buffers& b = *buffers_;
  if (wait.count() != 0 && wait != timeout_) {
    const timeval timeout{.tv_sec = wait.count() / 1000, .tv_usec = wait.count() % 1000 * 1000};
    (void)::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    timeout_ = wait;
  }
  const int flags = wait.count() == 0 ? MSG_DONTWAIT : MSG_WAITFORONE;
  const int got = ::recvmmsg(fd_, b.headers.data(), settings_.batch, flags, nullptr);
  if (got < 0) {
    if (errno == ENOBUFS) ++overruns_;
    if (errno == ENOBUFS || errno == EAGAIN || errno == EINTR) return std::span<const QueuedPacket>{};
    return tl::unexpected(failure(queue_, "receiving", errno));
  }
  std::size_t packets = 0;
  for (int i = 0; i < got; ++i) {
    const Bytes datagram(b.bytes.data() + static_cast<std::size_t>(i) * kMessageBytes,
                         b.headers[static_cast<std::size_t>(i)].msg_len);
    if (read_message(datagram, b.packets[packets])) ++packets;
  }
  return std::span<const QueuedPacket>(b.packets.data(), packets);
}

// The kernel is trusted for the form of its messages; libmnl checks their lengths.
bool NfqueueSocket::read_message(Bytes datagram, QueuedPacket& out) {
  const auto* header = reinterpret_cast<const nlmsghdr*>(datagram.data());
  if (!mnl_nlmsg_ok(header, static_cast<int>(datagram.size()))) return false;
  if (header->nlmsg_type == NLMSG_ERROR) {  // of a verdict: the packet was not there any more
    ++verdict_errors_;
    return false;
  }
  std::array<nlattr*, NFQA_MAX + 1> attributes{};
  if (nfq_nlmsg_parse(header, attributes.data()) < 0 || attributes[NFQA_PACKET_HDR] == nullptr) return false;
  const auto* packet =
      static_cast<const nfqnl_msg_packet_hdr*>(mnl_attr_get_payload(attributes[NFQA_PACKET_HDR]));
  out = {.id = ntohl(packet->packet_id)};
  if (const nlattr* payload = attributes[NFQA_PAYLOAD])
    out.bytes = {static_cast<const std::uint8_t*>(mnl_attr_get_payload(payload)),
                 mnl_attr_get_payload_len(payload)};
  out.wire_length = attributes[NFQA_CAP_LEN] != nullptr ? ntohl(mnl_attr_get_u32(attributes[NFQA_CAP_LEN]))
                                                        : static_cast<std::uint32_t>(out.bytes.size());
  if (attributes[NFQA_MARK] != nullptr) out.mark = ntohl(mnl_attr_get_u32(attributes[NFQA_MARK]));
  if (attributes[NFQA_SKB_INFO] != nullptr)
    out.checksums_count = (ntohl(mnl_attr_get_u32(attributes[NFQA_SKB_INFO])) & NFQA_SKB_CSUMNOTREADY) == 0;
  return true;
}

void NfqueueSocket::judge(std::uint32_t id, const KernelVerdict& verdict) {
  put_verdict(NFQNL_MSG_VERDICT, id, verdict);
}

void NfqueueSocket::judge_all_up_to(std::uint32_t id, const KernelVerdict& plain) {
  put_verdict(NFQNL_MSG_VERDICT_BATCH, id, plain);
}

void NfqueueSocket::put_verdict(int message_type, std::uint32_t id, const KernelVerdict& verdict) {
  Buffers& b = *buffers_;
  if (b.verdicts_used + kPlainVerdictBytes + verdict.payload.size() > b.verdicts.size()) flush();
  nlmsghdr* message = nfq_nlmsg_put(reinterpret_cast<char*>(b.verdicts.data()) + b.verdicts_used, message_type, queue_);
  nfq_nlmsg_verdict_put(message, static_cast<int>(id), static_cast<int>(verdict.verdict));
  if (verdict.mark) nfq_nlmsg_verdict_put_mark(message, *verdict.mark);
  if (!verdict.payload.empty())
    nfq_nlmsg_verdict_put_pkt(message, verdict.payload.data(),
                              static_cast<std::uint32_t>(verdict.payload.size()));
  b.verdicts_used += MNL_ALIGN(message->nlmsg_len);
}

void NfqueueSocket::flush() {
  Buffers& b = *buffers_;
  if (b.verdicts_used == 0) return;
  while (::send(fd_, b.verdicts.data(), b.verdicts_used, 0) < 0)
    if (errno != EINTR) {
      ++verdict_errors_;
      break;
    }
  b.verdicts_used = 0;
}

}  // namespace weir::engine
