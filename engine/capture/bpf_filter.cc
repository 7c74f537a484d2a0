#include "engine/capture/bpf_filter.h"

#include <pcap/pcap.h>

#include "engine/capture/capture_reader.h"

namespace weir::engine {
namespace {

constexpr int kLinkTypeRaw = 101, kLinkTypeEthernet = 1;

// Numbers in files differ from libpcap's own for raw IP only, among the types that we decode.
int to_dlt(int link_type) {
  return link_type == kLinkTypeRaw ? DLT_RAW : link_type;
}

struct FreeProgram {
  void operator()(bpf_program* p) const {
    pcap_freecode(p);
    delete p;
  }
};
struct ClosePcap {
  void operator()(pcap_t* p) const { pcap_close(p); }
};

}  // namespace

struct BpfFilter::Program {
  int link_type;
  std::unique_ptr<bpf_program, FreeProgram> code;  // null: the expression does not fit this link type
  std::string error;
};

BpfFilter::BpfFilter(std::string expression) : expression_(std::move(expression)) {}
BpfFilter::~BpfFilter() = default;
BpfFilter::BpfFilter(BpfFilter&&) noexcept = default;
BpfFilter& BpfFilter::operator=(BpfFilter&&) noexcept = default;

tl::expected<BpfFilter, std::string> BpfFilter::compile(const std::string& expression) {
  BpfFilter filter(expression);
  const std::string error = filter.prepare(kLinkTypeEthernet);
  if (!error.empty() && !filter.prepare(kLinkTypeRaw).empty()) return tl::unexpected(error);
  return filter;
}

std::string BpfFilter::prepare(int link_type) {
  for (const Program& p : programs_)
    if (p.link_type == link_type) return p.error;
  Program added{link_type, nullptr, {}};
  const std::unique_ptr<pcap_t, ClosePcap> handle(
      pcap_open_dead(to_dlt(link_type), static_cast<int>(kMaxCaptureLength)));
  std::unique_ptr<bpf_program, FreeProgram> code(new bpf_program{});
  if (!handle)
    added.error = "pcap_open_dead failed";
  else if (pcap_compile(handle.get(), code.get(), expression_.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    added.error = pcap_geterr(handle.get());
  else
    added.code = std::move(code);
  programs_.push_back(std::move(added));
  return programs_.back().error;
}

bool BpfFilter::matches(const RawPacket& packet) const {
  for (const Program& p : programs_) {
    if (p.link_type != packet.link_type) continue;
    if (!p.code) return false;
    pcap_pkthdr header{};
    header.caplen = static_cast<bpf_u_int32>(packet.bytes.size());
    header.len = packet.wire_length;
    return pcap_offline_filter(p.code.get(), &header, packet.bytes.data()) != 0;
  }
  return false;
}

}  // namespace weir::engine
