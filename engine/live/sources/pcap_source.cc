#include "engine/live/sources/pcap_source.h"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <poll.h>

#include <utility>

namespace weir::engine {
namespace {

constexpr int kBatch = 256;  // packets a call of poll()
constexpr int kReadTimeoutMs = 50;
constexpr bool kChecksumsUnknown = false;  // libpcap does not say whether the card has yet to fill them in
constexpr int kMaxLastBatches = 1024;      // after the end was asked for

struct Closer {
  void operator()(pcap_t* p) const { pcap_close(p); }
};
using Handle = std::unique_ptr<pcap_t, Closer>;

class PcapLiveSource final : public PacketSource {
 public:
  PcapLiveSource(Handle handle, std::string interface)
      : handle_(std::move(handle)),
        interface_(std::move(interface)),
        link_type_(pcap_datalink(handle_.get())) {}

  tl::expected<std::size_t, std::string> poll(PacketHandler& handler,
                                              std::chrono::milliseconds wait) override {
    pollfd ready{pcap_get_selectable_fd(handle_.get()), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(wait.count())) <= 0) return 0;
    Context context{handler, link_type_};
    const int got = pcap_dispatch(handle_.get(), kBatch, hand_on, reinterpret_cast<u_char*>(&context));
    if (got >= 0) return static_cast<std::size_t>(got);
    ++errors_;
    return tl::unexpected(fmt::format("{}: {}", interface_, pcap_geterr(handle_.get())));
  }
  // What the system has yet to hand over comes after its read timeout.
  void close(PacketHandler& handler) override {
    for (int i = 0; i < kMaxLastBatches; ++i)
      if (const auto got = poll(handler, std::chrono::milliseconds(2 * kReadTimeoutMs)); !got || *got == 0)
        break;
  }
  CaptureCounters counters() override {
    pcap_stat stat{};
    if (pcap_stats(handle_.get(), &stat) == 0) {
      seen_.kernel_packets = stat.ps_recv;
      seen_.kernel_drops = stat.ps_drop;
    }
    seen_.errors = errors_;
    return seen_;
  }
  [[nodiscard]] std::string_view interface() const override { return interface_; }

 private:
  struct Context {
    PacketHandler& handler;
    int link_type;
  };
  static void hand_on(u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
    const auto& context = *reinterpret_cast<Context*>(user);
    const RawPacket raw{.bytes = {bytes, header->caplen},
                        .wire_length = header->len,
                        .time = TimeUs{header->ts.tv_sec} * 1'000'000 + header->ts.tv_usec,
                        .number = 0,
                        .link_type = context.link_type};
    (void)context.handler.packet(raw, kChecksumsUnknown);
  }

  Handle handle_;
  std::string interface_;
  int link_type_;
  std::uint64_t errors_ = 0;
  CaptureCounters seen_;
};

tl::expected<void, std::string> set_filter(pcap_t* handle, const std::string& expression) {
  if (expression.empty()) return {};
  bpf_program program{};
  if (pcap_compile(handle, &program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    return tl::unexpected(fmt::format("-f: {}", pcap_geterr(handle)));
  const int set = pcap_setfilter(handle, &program);
  pcap_freecode(&program);
  if (set != 0) return tl::unexpected(fmt::format("-f: {}", pcap_geterr(handle)));
  return {};
}

}  // namespace

tl::expected<std::unique_ptr<PacketSource>, std::string> open_pcap_live(const PcapLiveSettings& settings) {
  char reason[PCAP_ERRBUF_SIZE] = {};
  Handle handle(pcap_create(settings.interface.c_str(), reason));
  if (handle == nullptr) return tl::unexpected(fmt::format("-i {}: {}", settings.interface, reason));
  pcap_set_snaplen(handle.get(), settings.snap_length);
  pcap_set_promisc(handle.get(), settings.promiscuous ? 1 : 0);
  pcap_set_timeout(handle.get(), kReadTimeoutMs);
  pcap_set_buffer_size(handle.get(), settings.buffer_bytes);
  if (const int status = pcap_activate(handle.get()); status < 0)
    return tl::unexpected(fmt::format("-i {}: {} ({})", settings.interface, pcap_statustostr(status),
                                      pcap_geterr(handle.get())));
  if (pcap_setnonblock(handle.get(), 1, reason) != 0)
    return tl::unexpected(fmt::format("-i {}: {}", settings.interface, reason));
  if (auto set = set_filter(handle.get(), settings.bpf); !set) return tl::unexpected(set.error());
  return std::make_unique<PcapLiveSource>(std::move(handle), settings.interface);
}

}  // namespace weir::engine
