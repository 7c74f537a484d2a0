#include "engine/flow/cut_packet.h"

#include <algorithm>

#include "decoders/byte_cursor.h"
#include "decoders/net/ip_protocol.h"

namespace weir::engine {
namespace {

constexpr std::size_t kLeastIpv4 = 20, kLeastIpv6 = 40, kLeastTcp = 20;

// Where the header is that the decoder refused.
Bytes refused_part(const Packet& packet) {
  std::size_t at = 0;
  if (!packet.layers.empty()) at = packet.layers.back().offset + packet.layers.back().header_length;
  return packet.frame.subspan(std::min(at, packet.frame.size()));
}

// Gives what follows the header.
Bytes read_ipv4(Bytes bytes, IpHeader& ip) {
  constexpr std::uint16_t kMoreFragments = 0x2000, kOffset = 0x1fff;
  ByteCursor in{bytes};
  const std::uint8_t first = in.u8();
  ip.tos = in.u8();
  const std::size_t total = in.be16();
  ip.id = in.be16();
  const std::uint16_t fragment = in.be16();
  ip.ttl = in.u8();
  ip.protocol = in.u8();
  in.skip(2);
  ip.source = IpAddress::v4(in.be32());
  ip.destination = IpAddress::v4(in.be32());
  const std::size_t header = std::size_t{first & 0x0fU} * 4;
  if (in.failed() || first >> 4U != 4 || header < kLeastIpv4 || header > bytes.size() || total < header)
    return {};
  ip.version = 4;
  ip.header = bytes.first(header);
  ip.is_fragment = (fragment & (kMoreFragments | kOffset)) != 0;
  ip.fragment_offset = static_cast<std::uint16_t>((fragment & kOffset) * 8U);
  return bytes.first(std::min(total, bytes.size())).subspan(header);
}

// Extension headers are not passed over: the packet is counted by the first one.
Bytes read_ipv6(Bytes bytes, IpHeader& ip) {
  ByteCursor in{bytes};
  const std::uint32_t first = in.be32();
  const std::size_t length = in.be16();
  ip.protocol = in.u8();
  ip.ttl = in.u8();
  const Bytes source = in.take(16), destination = in.take(16);
  if (in.failed() || first >> 28U != 6) return {};
  ip.version = 6;
  ip.tos = static_cast<std::uint8_t>(first >> 20U);
  ip.source = IpAddress::from(source);
  ip.destination = IpAddress::from(destination);
  ip.header = bytes.first(kLeastIpv6);
  return bytes.subspan(kLeastIpv6).first(std::min(length, bytes.size() - kLeastIpv6));
}

void read_tcp(ByteCursor in, Packet& out) {
  TcpHeader& tcp = out.tcp;
  out.source_port = in.be16();
  out.destination_port = in.be16();
  tcp.sequence = in.be32();
  tcp.acknowledgment = in.be32();
  const std::size_t header = static_cast<std::size_t>(in.u8() >> 4U) * 4;
  tcp.flags = in.u8();
  tcp.window = in.be16();
  in.skip(4);
  if (in.failed() || header < kLeastTcp) return;
  out.has_tcp = true;
  tcp.options = in.take(std::min(header - kLeastTcp, in.remaining()));
  out.payload = in.take(in.remaining());
}

void read_transport(ByteCursor in, Packet& out) {
  if (out.ip.protocol == ip_protocol::tcp) return read_tcp(in, out);
  if (out.ip.protocol == ip_protocol::udp) {
    out.source_port = in.be16();
    out.destination_port = in.be16();
    in.skip(4);
    out.has_udp = !in.failed();
  } else if (ip_protocol::is_icmp(out.ip.protocol)) {
    out.icmp.type = in.u8();
    out.icmp.code = in.u8();
    in.skip(2);
    out.has_icmp = !in.failed();
  }
  out.payload = in.take(in.remaining());
}

}  // namespace

bool read_cut_packet(const Packet& packet, Packet& out) {
  if (!is_cut(packet) || (packet.failed != Proto::ipv4 && packet.failed != Proto::ipv6)) return false;
  out = packet;
  out.ip = IpHeader{};
  out.source_port = out.destination_port = 0;
  out.payload = {};
  const Bytes bytes = refused_part(packet);
  const Bytes payload = packet.failed == Proto::ipv4 ? read_ipv4(bytes, out.ip) : read_ipv6(bytes, out.ip);
  if (out.ip.version == 0) return false;
  if (out.ip.is_fragment)
    out.ip.fragment_payload = payload;
  else
    read_transport(ByteCursor{payload}, out);
  return true;
}

}  // namespace weir::engine
