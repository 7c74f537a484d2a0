// Headers and addresses of the packet as sticky buffers: ipv4.hdr, ipv6.hdr, tcp.hdr, udp.hdr, icmpv4.hdr,
// icmpv6.hdr, ip.src, ip.dst.
#include "decoders/net/ip_protocol.h"
#include "rules/keyword_table.h"
#include "rules/rule_builder.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;
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

constexpr BufferSpec kIpv4Header{.name = "ipv4.hdr", .packet = ipv4_header};
constexpr BufferSpec kIpv6Header{.name = "ipv6.hdr", .packet = ipv6_header};
constexpr BufferSpec kTcpHeader{.name = "tcp.hdr", .packet = tcp_header};
constexpr BufferSpec kUdpHeader{.name = "udp.hdr", .packet = udp_header};
constexpr BufferSpec kIcmpv4Header{.name = "icmpv4.hdr", .packet = icmpv4_header};
constexpr BufferSpec kIcmpv6Header{.name = "icmpv6.hdr", .packet = icmpv6_header};
constexpr BufferSpec kSource{.name = "ip.src", .packet = source};
constexpr BufferSpec kDestination{.name = "ip.dst", .packet = destination};

// Where the rule's header leaves the protocol open, the buffer settles it.
template <const BufferSpec& buffer, std::uint8_t ip_version, std::uint8_t protocol>
Compiled select_packet_buffer(RuleBuilder& rule, std::string_view) {
  HeaderMatch& header = rule.signature().header;
  if (ip_version != 0) {
    if (header.ip_version != 0 && header.ip_version != ip_version)
      return refuse("the rule is about the other IP version");
    header.ip_version = ip_version;
  }
  if (protocol != 0) {
    if (!header.any_ip_protocol && !header.ip_protocols.test(protocol))
      return refuse("the rule is about another protocol");
    header.any_ip_protocol = false;
    header.ip_protocols.reset();
    header.ip_protocols.set(protocol);
  }
  return rule.select_buffer(buffer);
}

}  // namespace

const KeywordSpec kw_ipv4_hdr{"ipv4.hdr", select_packet_buffer<kIpv4Header, 4, 0>, Argument::none,
                              "the IPv4 header"};
const KeywordSpec kw_ipv6_hdr{"ipv6.hdr", select_packet_buffer<kIpv6Header, 6, 0>, Argument::none,
                              "the IPv6 header with extension headers"};
const KeywordSpec kw_tcp_hdr{"tcp.hdr", select_packet_buffer<kTcpHeader, 0, ip_protocol::tcp>, Argument::none,
                             "the TCP header with options"};
const KeywordSpec kw_udp_hdr{"udp.hdr", select_packet_buffer<kUdpHeader, 0, ip_protocol::udp>, Argument::none,
                             "the UDP header"};
const KeywordSpec kw_icmpv4_hdr{"icmpv4.hdr", select_packet_buffer<kIcmpv4Header, 4, ip_protocol::icmp>, Argument::none,
                                "the ICMPv4 header"};
const KeywordSpec kw_icmpv6_hdr{"icmpv6.hdr", select_packet_buffer<kIcmpv6Header, 6, ip_protocol::icmpv6>, Argument::none,
                                "the ICMPv6 header"};
const KeywordSpec kw_ip_src{"ip.src", select_packet_buffer<kSource, 0, 0>, Argument::none,
                            "the source address as 4 or 16 bytes"};
const KeywordSpec kw_ip_dst{"ip.dst", select_packet_buffer<kDestination, 0, 0>, Argument::none,
                            "the destination address as 4 or 16 bytes"};

}  // namespace weir::rules
