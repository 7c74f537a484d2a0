#include "engine/live/sources/af_packet_source.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "engine/live/sources/af_packet_socket.h"

namespace weir::engine {
namespace {

constexpr std::size_t kMacBytes = 12;
constexpr int kLinkEthernet = 1;

class AfPacketSource final : public PacketSource {
 public:
  AfPacketSource(AfPacketSocket socket, const AfPacketSettings& settings)
      : settings_(settings), socket_(std::move(socket)), link_type_(socket_->link_type) {}

  tl::expected<std::size_t, std::string> poll(PacketHandler& handler,
                                              std::chrono::milliseconds wait) override {
    if (!socket_ && !reopen(wait)) return 0;
    tpacket_block_desc* block = socket_->ring->ready();
    if (block == nullptr) {
      pollfd ready{socket_->fd.get(), POLLIN, 0};
      const int events = ::poll(&ready, 1, static_cast<int>(wait.count()));
      if (events > 0 && (ready.revents & POLLERR) != 0)
        take_error(wait);
      else if (events == 0)
        look_for_interface();
      if (!socket_) return 0;
      block = socket_->ring->ready();
      if (block == nullptr) return 0;
    }
    const std::size_t frames = read_block(*block, handler);
    socket_->ring->give_back(block);
    return frames;
  }

  // The block that the kernel is filling comes when its time is over.
  void close(PacketHandler& handler) override {
    const std::chrono::milliseconds last_block(10 * settings_.block_timeout_ms);
    for (std::uint32_t i = 0; i < settings_.blocks && socket_; ++i)
      if (const auto got = poll(handler, last_block); !got || *got == 0) break;
  }

  CaptureCounters counters() override {
    take_kernel_counters();
    seen_.waiting = socket_ ? socket_->ring->waiting() : 0;
    return seen_;
  }
  [[nodiscard]] std::string_view interface() const override { return settings_.interface; }

 private:
  void take_kernel_counters() {
    if (!socket_) return;
    tpacket_stats_v3 stats{};
    socklen_t size = sizeof stats;
    if (::getsockopt(socket_->fd.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) ==
        0) {  // since the last call
      seen_.kernel_packets += stats.tp_packets;
      seen_.kernel_drops += stats.tp_drops;
    }
  }

  // The interface is down, or gone. The kernel goes on with the socket when it is up again.
  void take_error(std::chrono::milliseconds wait) {
    int error = 0;
    socklen_t size = sizeof error;
    (void)::getsockopt(socket_->fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    ++seen_.errors;
    look_for_interface();
    if (!socket_) return;
    fmt::print(stderr, "weir: warning: {}: {}; waiting for it\n", settings_.interface, std::strerror(error));
    std::this_thread::sleep_for(wait);
  }

  // An interface of the same name that comes later is another one: the socket has lost its own for good.
  void look_for_interface() {
    if (::if_nametoindex(settings_.interface.c_str()) == socket_->index) return;
    fmt::print(stderr, "weir: warning: {}: the interface is gone; waiting for it\n", settings_.interface);
    take_kernel_counters();
    socket_.reset();
  }

  bool reopen(std::chrono::milliseconds wait) {
    auto socket = AfPacketSocket::open(settings_);
    if (!socket) {
      std::this_thread::sleep_for(wait);
      return false;
    }
    fmt::print(stderr, "weir: {}: the interface is back\n", settings_.interface);
    socket_.emplace(std::move(*socket));
    link_type_ = socket_->link_type;
    return true;
  }

  std::size_t read_block(tpacket_block_desc& block, PacketHandler& handler) {
    const std::uint32_t frames = block.hdr.bh1.num_pkts;
    auto* at = reinterpret_cast<std::uint8_t*>(&block) + block.hdr.bh1.offset_to_first_pkt;
    for (std::uint32_t i = 0; i < frames; ++i) {
      auto* header = reinterpret_cast<tpacket3_hdr*>(at);
      at += header->tp_next_offset;
      if (i + 1 < frames) __builtin_prefetch(at);
      hand_on(*header, handler);
    }
    return frames;
  }

  void hand_on(tpacket3_hdr& header, PacketHandler& handler) {
    auto* bytes = reinterpret_cast<std::uint8_t*>(&header) + header.tp_mac;
    std::size_t length = header.tp_snaplen, on_wire = header.tp_len;
    if ((header.tp_status & TP_STATUS_VLAN_VALID) != 0 && link_type_ == kLinkEthernet &&
        length >= kMacBytes) {
      bytes = restore_tag(header, bytes);
      length += AfPacketSocket::kTagBytes;
      on_wire += AfPacketSocket::kTagBytes;
    }
    const RawPacket raw{.bytes = {bytes, length},
                        .wire_length = static_cast<std::uint32_t>(on_wire),
                        .time = TimeUs{header.tp_sec} * 1'000'000 + header.tp_nsec / 1000,
                        .number = 0,
                        .link_type = link_type_};
    (void)handler.packet(raw, (header.tp_status & TP_STATUS_CSUMNOTREADY) == 0);
  }

  // The kernel takes the outer VLAN tag out of the frame; room for it was reserved before the frame
  // (PACKET_RESERVE).
  static std::uint8_t* restore_tag(const tpacket3_hdr& header, std::uint8_t* frame) {
    std::uint8_t* start = frame - AfPacketSocket::kTagBytes;
    std::memmove(start, frame, kMacBytes);
    const std::uint16_t type =
        htons((header.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? header.hv1.tp_vlan_tpid
                                                                  : static_cast<std::uint16_t>(ETH_P_8021Q));
    const std::uint16_t tag = htons(static_cast<std::uint16_t>(header.hv1.tp_vlan_tci));
    std::memcpy(start + kMacBytes, &type, sizeof type);
    std::memcpy(start + kMacBytes + sizeof type, &tag, sizeof tag);
    return start;
  }

  const AfPacketSettings settings_;
  std::optional<AfPacketSocket> socket_;  // none while the interface is gone
  int link_type_;
  CaptureCounters seen_;
};

}  // namespace

tl::expected<std::unique_ptr<PacketSource>, std::string> open_af_packet(const AfPacketSettings& settings) {
  auto socket = AfPacketSocket::open(settings);
  if (!socket) return tl::unexpected(socket.error());
  return std::make_unique<AfPacketSource>(std::move(*socket), settings);
}

}  // namespace weir::engine
