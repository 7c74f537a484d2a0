#include "engine/live/sources/af_packet_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "engine/live/sources/packet_memory.h"

namespace weir::engine {
namespace {

constexpr int kLinkEthernet = 1, kLinkRawIp = 101;

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

tl::expected<std::unique_ptr<BlockRing>, std::string> map_ring(int fd, const AfPacketSettings& s) {
  if (!set(fd, PACKET_VERSION, int{TPACKET_V3})) return tl::unexpected(failure(s, "TPACKET_V3"));
  if (!set(fd, PACKET_RESERVE, static_cast<unsigned>(AfPacketSocket::kTagBytes)))
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
  keep_out_of_core(base, std::size_t{s.block_bytes} * s.blocks);
  return std::make_unique<BlockRing>(base, s.block_bytes, s.blocks);
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

tl::expected<AfPacketSocket, std::string> AfPacketSocket::open(const AfPacketSettings& settings) {
  const unsigned index = ::if_nametoindex(settings.interface.c_str());
  if (index == 0)
    return tl::unexpected(fmt::format("-i {}: no such interface; 'ip link' lists them", settings.interface));
  Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));  // protocol 0: nothing comes before bind()
  if (fd.get() < 0)
    return tl::unexpected(
        errno == EPERM ? fmt::format("-i {}: needs root, or the capability CAP_NET_RAW", settings.interface)
                       : failure(settings, "socket"));
  const auto link_type = link_type_of(fd.get(), settings);
  if (!link_type) return tl::unexpected(link_type.error());
  if (auto ok = attach_filter(fd.get(), settings, *link_type); !ok) return tl::unexpected(ok.error());
  auto ring = map_ring(fd.get(), settings);
  if (!ring) return tl::unexpected(ring.error());
  if (auto ok = bind_to(fd.get(), settings); !ok) return tl::unexpected(ok.error());
  return AfPacketSocket{std::move(fd), std::move(*ring), *link_type, index};
}

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

BlockRing::~BlockRing() {
  (void)::munmap(base_, block_bytes_ * blocks_);
}

}  // namespace weir::engine
