#include "engine/live/af_packet_source.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <pcap/pcap.h>

namespace weir::engine {
namespace {

constexpr std::size_t kTagBytes = 4, kMacBytes = 12;
constexpr int kLinkEthernet = 1, kLinkRawIp = 101;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// The mapped ring: blocks that the kernel fills one after the other.
class Ring3 {
 public:
  Ring3(void* base, std::size_t block_bytes, std::size_t blocks)
      : base_(static_cast<std::uint8_t*>(base)), block_bytes_(block_bytes), blocks_(blocks) {}
  ~Ring3() { ::munmap(base_, block_bytes_ * blocks_); }
  Ring3(const Ring3&) = delete;
  Ring3& operator=(const Ring3&) = delete;

  // The next block when it is ours to read, else null.
  tpacket_block_desc* ready() {
    auto* block = at(next_);
    return (__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0 ? block
                                                                                                   : nullptr;
  }
  void give_back(tpacket_block_desc* block) {
    __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    next_ = (next_ + 1) % blocks_;
  }
  // The bytes of a block: what frames in it may not reach beyond.
  [[nodiscard]] std::size_t block_bytes() const { return block_bytes_; }

 private:
  tpacket_block_desc* at(std::size_t i) {
    return reinterpret_cast<tpacket_block_desc*>(base_ + i * block_bytes_);
  }
  std::uint8_t* base_;
  std::size_t block_bytes_, blocks_, next_ = 0;
};

class AfPacketSource final : public PacketSource {
 public:
  AfPacketSource(Fd fd, void* ring, const AfPacketSettings& settings, int link_type)
      : fd_(std::move(fd)),
        ring_(ring, settings.block_bytes, settings.blocks),
        interface_(settings.interface),
        link_type_(link_type) {}

  tl::expected<std::size_t, std::string> poll(PacketHandler& handler,
                                              std::chrono::milliseconds wait) override {
    tpacket_block_desc* block = ring_.ready();
    if (block == nullptr) {
      pollfd ready{fd_.get(), POLLIN, 0};
      if (::poll(&ready, 1, static_cast<int>(wait.count())) > 0 && (ready.revents & POLLERR) != 0)
        take_error();
      block = ring_.ready();
      if (block == nullptr) return 0;
    }
    const std::size_t frames = read_block(*block, handler);
    ring_.give_back(block);
    return frames;
  }

  void close(PacketHandler& handler) override {
    while (tpacket_block_desc* block = ring_.ready()) {
      read_block(*block, handler);
      ring_.give_back(block);
    }
  }

  CaptureCounters counters() override {
    tpacket_stats_v3 stats{};
    socklen_t size = sizeof stats;
    if (::getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0) {  // since the last call
      seen_.kernel_packets += stats.tp_packets;
      seen_.kernel_drops += stats.tp_drops;
    }
    return seen_;
  }
  [[nodiscard]] std::string_view interface() const override { return interface_; }

 private:
  // The interface is down, or gone: it is waited for. A socket that is bound by name keeps its place when it
  // is back.
  void take_error() {
    int error = 0;
    socklen_t size = sizeof error;
    (void)::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    ++seen_.errors;
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
      length += kTagBytes;
      on_wire += kTagBytes;
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
    std::uint8_t* start = frame - kTagBytes;
    std::memmove(start, frame, kMacBytes);
    const std::uint16_t type =
        htons((header.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? header.hv1.tp_vlan_tpid
                                                                  : static_cast<std::uint16_t>(ETH_P_8021Q));
    const std::uint16_t tag = htons(static_cast<std::uint16_t>(header.hv1.tp_vlan_tci));
    std::memcpy(start + kMacBytes, &type, sizeof type);
    std::memcpy(start + kMacBytes + sizeof type, &tag, sizeof tag);
    return start;
  }

  Fd fd_;
  Ring3 ring_;
  std::string interface_;
  int link_type_;
  CaptureCounters seen_;
};

template <class T>
bool set(int fd, int option, const T& value) {
  return ::setsockopt(fd, SOL_PACKET, option, &value, sizeof value) == 0;
}

std::string failure(const AfPacketSettings& s, std::string_view what) {
  return fmt::format("-i {}: {}: {}", s.interface, what, std::strerror(errno));
}

// The capture link type of an interface, from its hardware type.
tl::expected<int, std::string> link_type_of(int fd, const AfPacketSettings& s) {
  ifreq request{};
  s.interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
  if (::ioctl(fd, SIOCGIFHWADDR, &request) != 0) return tl::unexpected(failure(s, "hardware type"));
  switch (request.ifr_hwaddr.sa_family) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK: return kLinkEthernet;
    case ARPHRD_NONE:  // tun
    case ARPHRD_PPP:
    case ARPHRD_IPGRE:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT: return kLinkRawIp;
    default:
      return tl::unexpected(
          fmt::format("-i {}: hardware type {} is not supported by af-packet; try 'capture: pcap'",
                      s.interface, request.ifr_hwaddr.sa_family));
  }
}

tl::expected<void, std::string> attach_filter(int fd, const AfPacketSettings& s, int link_type) {
  if (s.bpf.empty() && s.snap_length == AfPacketSettings{}.snap_length) return {};
  pcap_t* dead = pcap_open_dead(link_type, s.snap_length);
  bpf_program program{};
  if (pcap_compile(dead, &program, s.bpf.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    std::string reason = fmt::format("-f: {}", pcap_geterr(dead));
    pcap_close(dead);
    return tl::unexpected(std::move(reason));
  }
  sock_fprog filter{static_cast<unsigned short>(program.bf_len),
                    reinterpret_cast<sock_filter*>(program.bf_insns)};
  const bool attached = ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
  pcap_freecode(&program);
  pcap_close(dead);
  if (!attached) return tl::unexpected(failure(s, "-f cannot be attached"));
  return {};
}

tl::expected<void*, std::string> map_ring(int fd, const AfPacketSettings& s) {
  if (!set(fd, PACKET_VERSION, int{TPACKET_V3})) return tl::unexpected(failure(s, "TPACKET_V3"));
  if (!set(fd, PACKET_RESERVE, static_cast<unsigned>(kTagBytes)))
    return tl::unexpected(failure(s, "PACKET_RESERVE"));
  tpacket_req3 ring{};
  ring.tp_block_size = s.block_bytes;
  ring.tp_block_nr = s.blocks;
  ring.tp_frame_size = TPACKET_ALIGN(TPACKET3_HDRLEN + 2048);
  ring.tp_frame_nr = s.block_bytes / ring.tp_frame_size * s.blocks;
  ring.tp_retire_blk_tov = s.block_timeout_ms;
  if (!set(fd, PACKET_RX_RING, ring)) return tl::unexpected(failure(s, "ring (block-size, ring-size)"));
  void* base = ::mmap(nullptr, std::size_t{s.block_bytes} * s.blocks, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_LOCKED, fd, 0);
  if (base == MAP_FAILED)
    base = ::mmap(nullptr, std::size_t{s.block_bytes} * s.blocks, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) return tl::unexpected(failure(s, "mapping the ring"));
  return base;
}

tl::expected<void, std::string> bind_to(int fd, const AfPacketSettings& s) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(s.interface.c_str()));
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return tl::unexpected(failure(s, "bind"));
  if (s.promiscuous) {
    packet_mreq membership{};
    membership.mr_ifindex = address.sll_ifindex;
    membership.mr_type = PACKET_MR_PROMISC;
    if (!set(fd, PACKET_ADD_MEMBERSHIP, membership)) return tl::unexpected(failure(s, "promiscuous mode"));
  }
  if (s.fanout_members > 1) {
    const int kind = PACKET_FANOUT_HASH | (s.defragment ? PACKET_FANOUT_FLAG_DEFRAG : 0);
    if (!set(fd, PACKET_FANOUT, int{s.fanout_group} | kind << 16))
      return tl::unexpected(failure(s, "fanout"));
  }
  return {};
}

}  // namespace

tl::expected<std::unique_ptr<PacketSource>, std::string> open_af_packet(const AfPacketSettings& settings) {
  if (::if_nametoindex(settings.interface.c_str()) == 0)
    return tl::unexpected(fmt::format("-i {}: no such interface; 'ip link' lists them", settings.interface));
  Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));  // protocol 0: nothing comes before bind()
  if (fd.get() < 0)
    return tl::unexpected(
        errno == EPERM ? fmt::format("-i {}: needs root, or the capability CAP_NET_RAW", settings.interface)
                       : failure(settings, "socket"));
  const auto link_type = link_type_of(fd.get(), settings);
  if (!link_type) return tl::unexpected(link_type.error());
  if (auto ok = attach_filter(fd.get(), settings, *link_type); !ok) return tl::unexpected(ok.error());
  const auto ring = map_ring(fd.get(), settings);
  if (!ring) return tl::unexpected(ring.error());
  if (auto ok = bind_to(fd.get(), settings); !ok) {
    ::munmap(*ring, std::size_t{settings.block_bytes} * settings.blocks);
    return tl::unexpected(ok.error());
  }
  return std::make_unique<AfPacketSource>(std::move(fd), *ring, settings, *link_type);
}

}  // namespace weir::engine
