#include "engine/live/sources/interface_settings.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "decoders/text.h"


namespace weir::engine {
namespace {

constexpr std::uint64_t kMinBlock = 64 << 10, kMaxBlock = 64 << 20, kMaxRing = std::uint64_t{4} << 30;
constexpr unsigned kMaxWorkers = 256;

const Settings& section_of(const Config& config, const char* section, const std::string& interface) {
  const Settings* fallback = &no_settings();
  for (const Config::Item& item : config.items(section)) {
    const std::string name = item.settings->text("interface").value_or("");
    if (name == interface) return *item.settings;
    if (name == "default") fallback = item.settings;
  }
  return *fallback;
}

// "auto" is one a core.
tl::expected<unsigned, std::string> worker_number(const Settings& section, unsigned wanted) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  if (wanted != 0) return wanted;
  const std::string text = section.text("threads").value_or("auto");
  if (text == "auto") return cores;
  const unsigned out = parse_number<unsigned>(text).value_or(0);
  if (out == 0 || out > kMaxWorkers)
    return tl::unexpected(
        fmt::format("af-packet.threads: '{}': expected auto or a number up to {}", text, kMaxWorkers));
  return out;
}

// `ring-size` counts frames of the usual size in Suricata; blocks hold as many bytes.
tl::expected<void, std::string> read_ring(const Settings& section, AfPacketSettings& out) {
  constexpr std::uint64_t kFrame = 1600;
  const std::uint64_t block = section.bytes("block-size", out.block_bytes);
  if (block < kMinBlock || block > kMaxBlock ||
      block % static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) != 0)
    return tl::unexpected(
        fmt::format("af-packet.block-size: {}: expected a multiple of the page size from {} to {}", block,
                    kMinBlock, kMaxBlock));
  const std::uint64_t frames = section.number("ring-size", 0);
  std::uint64_t bytes = std::uint64_t{out.block_bytes} * out.blocks;
  if (frames != 0) bytes = std::min(frames, kMaxRing / kFrame) * kFrame;
  constexpr std::uint64_t kFewestBlocks = 4;
  out.block_bytes = static_cast<std::uint32_t>(block);
  out.blocks = static_cast<std::uint32_t>(std::max(bytes / block, kFewestBlocks));
  out.block_timeout_ms = static_cast<std::uint32_t>(section.number("block-timeout", out.block_timeout_ms));
  return {};
}

bool is_on(int fd, ifreq& request, std::uint32_t command, std::uint32_t mask) {
  ethtool_value value{.cmd = command, .data = 0};
  request.ifr_data = reinterpret_cast<char*>(&value);
  return ::ioctl(fd, SIOCETHTOOL, &request) == 0 && (value.data & mask) != 0;
}

}  // namespace

tl::expected<InterfaceSettings, std::string> InterfaceSettings::from(const Config& config, const std::string& interface,
                                                                     const InterfaceOptions& options) {
  InterfaceSettings out;
  out.portable = options.portable || config.text("weir.capture").value_or("af-packet") == "pcap";
  const Settings& section = section_of(config, out.portable ? "pcap" : "af-packet", interface);
  const std::string bpf = options.bpf.empty() ? section.text("bpf-filter").value_or("") : options.bpf;
  const int snap_length =
      static_cast<int>(std::clamp<std::uint64_t>(section.number("snaplen", 262144), 64, 262144));
  if (out.portable) {
    out.pcap = {.interface = interface, .bpf = bpf, .snap_length = snap_length};
    out.pcap.promiscuous = section.flag("promisc", true);
    out.pcap.buffer_bytes = static_cast<int>(std::min<std::uint64_t>(
        section.bytes("buffer-size", static_cast<std::uint64_t>(out.pcap.buffer_bytes)), 1U << 30));
    return out;
  }
  out.ring.interface = interface;
  out.ring.bpf = bpf;
  out.ring.snap_length = snap_length;
  out.ring.promiscuous = !section.flag("disable-promisc", false);
  out.ring.defragment = section.flag("defrag", true);
  if (auto read = read_ring(section, out.ring); !read) return tl::unexpected(read.error());
  const auto workers = worker_number(section, options.threads);
  if (!workers) return tl::unexpected(workers.error());
  out.workers = out.ring.fanout_members = *workers;
  out.ring.fanout_group = static_cast<std::uint16_t>(section.number("cluster-id", 0));
  // A group must not be shared with another program on the same interface by accident.
  if (out.ring.fanout_group == 0)
    out.ring.fanout_group =
        static_cast<std::uint16_t>(::getpid() ^ static_cast<int>(::if_nametoindex(interface.c_str())));
  return out;
}

std::vector<std::string> configured_interfaces(const Config& config) {
  std::vector<std::string> out;
  for (const Config::Item& item : config.items("af-packet"))
    if (const auto name = item.settings->text("interface"); name && *name != "default") out.push_back(*name);
  return out;
}

std::string offload_warning(const std::string& interface) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  ifreq request{};
  interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
  std::string mend;
  if (is_on(fd, request, ETHTOOL_GGRO, 1)) mend += " gro off";
  if (is_on(fd, request, ETHTOOL_GFLAGS, ETH_FLAG_LRO)) mend += " lro off";
  ::close(fd);
  if (mend.empty()) return {};
  return fmt::format("{}: received segments are merged before we see them; mend it with: ethtool -K {}{}",
                     interface, interface, mend);
}

}  // namespace weir::engine
