#include "decoders/tunnel/tunnel.h"

namespace weir {
namespace {

enum Flag : std::uint16_t {
  checksum = 0x8000,
  routing = 0x4000,
  key = 0x2000,
  sequence = 0x1000,
  strict_route = 0x0800,
  recursion = 0x0700,
  acknowledgment = 0x0080,
  reserved_v0 = 0x00f8,
  reserved_v1 = 0x0078,
  version = 0x0007
};
constexpr std::uint16_t kPpp = 0x880b, kErspan = 0x88be, kErspanTypeThree = 0x22eb, kBridged = 0x6558;
constexpr std::uint32_t kProtocolAt = 2;

// Where the payload goes on; none for what we do not decode.
Proto payload_proto(std::uint16_t protocol, std::uint16_t flags) {
  switch (protocol) {
    case 0x0800: return Proto::ipv4;
    case 0x0806: return Proto::arp;
    case 0x86dd: return Proto::ipv6;
    case 0x8100: return Proto::vlan;
    case 0x8847: return Proto::mpls;
    case kPpp: return Proto::ppp;
    case kBridged: return Proto::ethernet;
    case kErspan: return (flags & sequence) != 0 ? Proto::erspan : Proto::erspan_type1;
    case kErspanTypeThree: return Proto::erspan;
    default: return Proto::none;
  }
}

DecodedStep finish(std::uint16_t protocol, std::uint16_t flags, ByteCursor& in, Packet& p) {
  const Proto next = payload_proto(protocol, flags);
  if (next != Proto::none && !in.empty()) p.tunnel = {next, Proto::gre, in.peek(in.remaining())};
  return last_layer();
}

// RFC 1701: entries of family, offset, length and that many bytes, up to one of zeros.
bool skip_routes(ByteCursor& in) {
  for (std::size_t n = 0; n < kMaxGreRoutes; ++n) {
    const std::uint16_t family = in.be16();
    in.skip(1);
    const std::uint8_t length = in.u8();
    in.skip(length);
    if (in.failed()) return false;
    if (family == 0 && length == 0) return true;
  }
  return false;
}

DecodedStep version0(std::uint16_t flags, std::uint16_t protocol, ByteCursor& in, Packet& p) {
  if ((flags & recursion) != 0) return fault(Anomaly::gre_version0_recur, 0);
  if ((flags & reserved_v0) != 0) return fault(Anomaly::gre_version0_flags, 0);
  if ((flags & (checksum | routing)) != 0) in.skip(4);
  if ((flags & key) != 0) in.skip(4);
  if ((flags & sequence) != 0) in.skip(4);
  if (in.failed()) return fault(Anomaly::gre_version0_hdr_too_big, 0);
  if ((flags & routing) != 0 && !skip_routes(in)) return fault(Anomaly::gre_version0_malformed_sre_hdr, 0);
  return finish(protocol, flags, in, p);
}

DecodedStep version1(std::uint16_t flags, std::uint16_t protocol, ByteCursor& in, Packet& p) {
  if ((flags & checksum) != 0) return fault(Anomaly::gre_version1_chksum, 0);
  if ((flags & routing) != 0) return fault(Anomaly::gre_version1_route, 0);
  if ((flags & strict_route) != 0) return fault(Anomaly::gre_version1_ssr, 0);
  if ((flags & recursion) != 0) return fault(Anomaly::gre_version1_recur, 0);
  if ((flags & reserved_v1) != 0) return fault(Anomaly::gre_version1_flags, 0);
  if (protocol != kPpp) return fault(Anomaly::gre_version1_wrong_protocol, kProtocolAt);
  if ((flags & key) == 0) return fault(Anomaly::gre_version1_no_key, 0);
  in.skip(4);
  if ((flags & sequence) != 0) in.skip(4);
  if ((flags & acknowledgment) != 0) in.skip(4);
  if (in.failed()) return fault(Anomaly::gre_version1_hdr_too_big, 0);
  return finish(protocol, flags, in, p);
}

constexpr unsigned kVersionOfTypeTwo = 1, kVersionOfTypeThree = 2;

// The last four bytes of a type III header, and the eight of the platform's own if it says so. Gives what it carries.
Proto rest_of_type_three(ByteCursor& in) {
  constexpr std::size_t kPlatformBytes = 8;
  constexpr unsigned kFrame = 0, kIpPacket = 2;
  in.skip(2);  // security group
  const std::uint16_t fields = in.be16();
  if ((fields & 1U) != 0) in.skip(kPlatformBytes);
  switch ((fields >> 10U) & 0x1fU) {
    case kFrame: return Proto::ethernet;
    case kIpPacket: return Proto::raw_ip;
    default: return Proto::none;
  }
}

}  // namespace

DecodedStep decode_gre(ByteCursor& in, Packet& p) {
  const std::uint16_t flags = in.be16(), protocol = in.be16();
  if (in.failed()) return fault(Anomaly::gre_pkt_too_small, 0);
  switch (flags & version) {
    case 0: return version0(flags, protocol, in, p);
    case 1: return version1(flags, protocol, in, p);
    default: return fault(Anomaly::gre_wrong_version, 0);
  }
}

DecodedStep decode_erspan(ByteCursor& in, Packet& p) {
  const std::uint16_t first = in.be16();
  in.skip(6);  // type II: class, session and index; type III: class, session and time
  if (in.failed()) return fault(Anomaly::erspan_header_too_small, 0);
  Proto next = Proto::ethernet;
  switch (first >> 12) {
    case kVersionOfTypeTwo: break;
    case kVersionOfTypeThree: next = rest_of_type_three(in); break;
    default: return fault(Anomaly::erspan_unsupported_version, 0);
  }
  if (in.failed()) return fault(Anomaly::erspan_header_too_small, 0);
  const std::uint16_t vlan = first & 0x0fff;
  if (vlan != 0) {
    if (p.vlan_count == kMaxVlanTags) return fault(Anomaly::erspan_too_many_vlan_layers, 0);
    p.vlan_ids[p.vlan_count++] = vlan;
  }
  return Step{next, in.peek(in.remaining())};
}

DecodedStep decode_erspan_type1(ByteCursor& in, Packet&) {
  return Step{Proto::ethernet, in.peek(in.remaining())};
}

}  // namespace weir
