// Headers and addresses of the packet as sticky buffers: ipv4.hdr, ipv6.hdr, tcp.hdr, udp.hdr, icmpv4.hdr,
// icmpv6.hdr, ip.src, ip.dst.
#include "decoders/net/ip_protocol.h"
#include "rules/compile/keyword_table.h"

namespace weir::rules {
namespace {

using Buffer = std::optional<Bytes>;

// The header of a layer, as long as the decoder says and the frame allows.
Buffer header_of(const Packet& p, Proto proto) {
  const Layer* const layer = p.find(proto);
  if (layer == nullptr || layer->offset > p.frame.size()) return std::nullopt;
  const Bytes rest = p.frame.subspan(layer->offset);
  return rest.first(layer->header_length < rest.size() ? layer->header_length : rest.size());
}

Buffer ipv4_header(const Packet& p) {
  return p.ip.version == 4 ? Buffer{p.ip.header} : std::nullopt;
}
Buffer ipv6_header(const Packet& p) {
  return p.ip.version == 6 ? Buffer{p.ip.header} : std::nullopt;
}
Buffer tcp_header(const Packet& p) {
  return p.has_tcp ? header_of(p, Proto::tcp) : std::nullopt;
}
Buffer udp_header(const Packet& p) {
  return p.has_udp ? header_of(p, Proto::udp) : std::nullopt;
}
Buffer icmpv4_header(const Packet& p) {
  return p.has_icmp ? header_of(p, Proto::icmpv4) : std::nullopt;
}
Buffer icmpv6_header(const Packet& p) {
  return p.has_icmp ? header_of(p, Proto::icmpv6) : std::nullopt;
}

Buffer address(const IpAddress& a) {
  if (a.family == 0) return std::nullopt;
  return Bytes(a.bytes).first(a.family == 4 ? 4 : 16);
}
Buffer source(const Packet& p) {
  return address(p.ip.source);
}
Buffer destination(const Packet& p) {
  return address(p.ip.destination);
}

// Where the rule's header leaves the protocol open, the buffer settles it.
constexpr BufferSpec kPacketBuffersBuffers[] = {
    {.name = "ipv4.hdr", .summary = "the IPv4 header", .packet = ipv4_header, .ip_version = 4},
    {.name = "ipv6.hdr",
     .summary = "the IPv6 header with extension headers",
     .packet = ipv6_header,
     .ip_version = 6},
    {.name = "tcp.hdr",
     .summary = "the TCP header with options",
     .packet = tcp_header,
     .ip_protocol = ip_protocol::tcp},
    {.name = "udp.hdr", .summary = "the UDP header", .packet = udp_header, .ip_protocol = ip_protocol::udp},
    {.name = "icmpv4.hdr",
     .summary = "the ICMPv4 header",
     .packet = icmpv4_header,
     .ip_version = 4,
     .ip_protocol = ip_protocol::icmp},
    {.name = "icmpv6.hdr",
     .summary = "the ICMPv6 header",
     .packet = icmpv6_header,
     .ip_version = 6,
     .ip_protocol = ip_protocol::icmpv6},
    {.name = "ip.src", .summary = "the source address as 4 or 16 bytes", .packet = source},
    {.name = "ip.dst", .summary = "the destination address as 4 or 16 bytes", .packet = destination},
};

}  // namespace

const KeywordFile keywords_packet_buffers{.buffers = kPacketBuffersBuffers};

}  // namespace weir::rules
