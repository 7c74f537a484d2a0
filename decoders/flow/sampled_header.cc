#include "decoders/flow/sampled_header.h"

#include "decoders/byte_cursor.h"
#include "decoders/flow/limits.h"

namespace weir::flow {
namespace {

constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd, kVlan = 0x8100, kServiceVlan = 0x88a8,
                        kOldServiceVlan = 0x9100, kMpls = 0x8847, kMplsMulticast = 0x8848, kPppoe = 0x8864;
constexpr std::uint16_t kPppIpv4 = 0x0021, kPppIpv6 = 0x0057, kPppMpls = 0x0281, kPppMplsMulticast = 0x0283,
                        kPppAddress = 0xff03;
constexpr std::uint8_t kTcp = 6, kUdp = 17, kSctp = 132, kIcmp4 = 1, kIcmp6 = 58;
constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kDestinationOptions = 60;
constexpr std::size_t kMaxExtensions = 8;

void count(Record& r, std::uint64_t bytes) {
  Side& side = r.sides[0];
  if (side.packets == 0) side.packets = 1;
  if (side.bytes == 0) side.bytes = bytes;
}

// What a packet whose header ends early does not say stays zero.
void read_transport(ByteCursor in, Record& r) {
  if (r.protocol == kIcmp4 || r.protocol == kIcmp6) {
    const std::uint8_t type = in.u8(), code = in.u8();
    if (in.failed()) return;
    r.has_icmp = true;
    r.icmp_type = type;
    r.icmp_code = code;
    return;
  }
  if (r.protocol != kTcp && r.protocol != kUdp && r.protocol != kSctp) return;
  const std::uint16_t source = in.be16(), destination = in.be16();
  if (in.failed()) return;
  r.source_port = source;
  r.destination_port = destination;
  if (r.protocol != kTcp) return;
  in.skip(9);  // sequence numbers and offset
  const std::uint8_t flags = in.u8();
  if (!in.failed()) r.sides[0].tcp_flags = flags;
}

void read_ipv4(ByteCursor in, Record& r) {
  const auto header = in.fixed<20>();
  const std::size_t header_bytes = std::size_t{header.u8<0>() & 0x0fU} * 4;
  if (in.failed() || header.u8<0>() >> 4U != 4 || header_bytes < 20) return;
  r.source = IpAddress::from(header.bytes<12, 4>());
  r.destination = IpAddress::from(header.bytes<16, 4>());
  r.protocol = header.u8<9>();
  r.sides[0].tos = header.u8<1>();
  count(r, header.be16<2>());
  in.skip(header_bytes - 20);
  constexpr std::uint16_t kOffset = 0x1fff;
  if ((header.be16<6>() & kOffset) == 0) read_transport(in, r);
}

void read_ipv6(ByteCursor in, Record& r) {
  const auto header = in.fixed<40>();
  if (in.failed() || header.u8<0>() >> 4U != 6) return;
  r.source = IpAddress::from(header.bytes<8, 16>());
  r.destination = IpAddress::from(header.bytes<24, 16>());
  r.sides[0].tos = static_cast<std::uint8_t>(header.be16<0>() >> 4U);
  count(r, std::uint64_t{header.be16<4>()} + 40);
  std::uint8_t next = header.u8<6>();
  bool first_fragment = true;
  for (std::size_t i = 0; i < kMaxExtensions; ++i) {
    if (next != kHopByHop && next != kRouting && next != kDestinationOptions && next != kFragment) break;
    const std::uint8_t after = in.u8(), length = in.u8();
    if (next == kFragment) first_fragment = (in.be16() >> 3U) == 0;
    in.skip(next == kFragment ? 4 : std::size_t{length} * 8 + 6);
    if (in.failed()) break;
    next = after;
  }
  r.protocol = next;
  if (first_fragment && !in.failed()) read_transport(in, r);
}

void read_ip(ByteCursor in, Record& r) {
  const Bytes first = in.peek(1);
  if (first.empty()) return;
  if (first[0] >> 4U == 4) read_ipv4(in, r);
  if (first[0] >> 4U == 6) read_ipv6(in, r);
}

// Behind the labels, which say nothing of what they carry: IP, or Ethernet with or without a control word.
void read_behind_labels(ByteCursor in, Record& r) {
  bool is_bottom = false;
  for (std::size_t i = 0; i < kMaxLinkHeaders && !is_bottom; ++i) is_bottom = (in.be32() & 0x100U) != 0;
  if (is_bottom) read_ip(in, r);
}

}  // namespace

void fill_from_frame(Bytes frame, std::uint32_t length, Record& r) {
  if (r.source.family != 0) return;
  ByteCursor in{frame};
  in.skip(12);
  std::uint16_t type = in.be16();
  for (std::size_t i = 0; i < kMaxLinkHeaders; ++i) {
    if (type != kVlan && type != kServiceVlan && type != kOldServiceVlan) break;
    const std::uint16_t tag = in.be16();
    if (r.vlan == 0) r.vlan = tag & 0x0fffU;
    type = in.be16();
  }
  if (type == kPppoe) {
    in.skip(6);
    const std::uint16_t protocol = in.be16();
    type = protocol == kPppIpv4 ? kIpv4 : protocol == kPppIpv6 ? kIpv6 : 0;
  }
  if (in.failed()) return;
  if (type == kIpv4 || type == kIpv6) read_ip(in, r);
  if (type == kMpls || type == kMplsMulticast) read_behind_labels(in, r);
  // What is no IP has no length but the frame's.
  if (r.source.family != 0 && r.sides[0].bytes == 0) r.sides[0].bytes = length;
}

void fill_from_ip_packet(Bytes packet, Record& r) {
  if (r.source.family == 0) read_ip(ByteCursor{packet}, r);
}

void fill_from_labels(Bytes packet, Record& r) {
  if (r.source.family == 0) read_behind_labels(ByteCursor{packet}, r);
}

void fill_from_ppp(Bytes frame, Record& r) {
  ByteCursor in{frame};
  std::uint16_t protocol = in.be16();
  if (protocol == kPppAddress) protocol = in.be16();
  if (in.failed() || r.source.family != 0) return;
  if (protocol == kPppIpv4 || protocol == kPppIpv6) read_ip(in, r);
  if (protocol == kPppMpls || protocol == kPppMplsMulticast) read_behind_labels(in, r);
}

}  // namespace weir::flow
