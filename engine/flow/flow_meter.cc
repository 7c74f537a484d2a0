#include "engine/flow/flow_meter.h"

#include "decoders/byte_cursor.h"
#include "decoders/net/ip_protocol.h"

namespace weir::engine {
namespace {

constexpr std::uint32_t kIpv6HeaderBytes = 40;

// From the IP header to the end of the frame.
Bytes from_header(const Packet& packet) {
  const Bytes& header = packet.ip.header;
  if (header.empty()) return {};
  return packet.frame.subspan(static_cast<std::size_t>(header.data() - packet.frame.data()));
}

// Also of a header that the decoder refused.
std::uint8_t flags_of(const Packet& packet) {
  constexpr std::size_t kFlagsAt = 13;
  if (packet.has_tcp) return packet.tcp.flags;
  if (packet.ip.protocol != ip_protocol::tcp || packet.ip.fragment_offset != 0) return 0;
  ByteCursor in{ip_payload(packet)};
  in.skip(kFlagsAt);
  return in.u8();
}

}  // namespace

std::uint32_t ip_bytes(const Packet& packet) {
  ByteCursor in{packet.ip.header};
  in.skip(packet.ip.version == 4 ? 2 : 4);
  const std::uint32_t length = in.be16();
  if (in.failed() || length == 0) return static_cast<std::uint32_t>(from_header(packet).size());
  return packet.ip.version == 4 ? length : length + kIpv6HeaderBytes;
}

Bytes ip_payload(const Packet& packet) {
  if (packet.ip.is_fragment) return packet.ip.fragment_payload;
  const Bytes all = from_header(packet);
  const Bytes datagram = all.first(std::min<std::size_t>(all.size(), ip_bytes(packet)));
  return datagram.subspan(std::min(datagram.size(), packet.ip.header.size()));
}

void FlowMeter::count(const Packet& packet, Direction d) {
  MeteredSide& side = sides[index(d)];
  const std::uint8_t flags = flags_of(packet);
  if (side.packets == 0) {
    side.first = side.last = packet.raw.time;
    side.tos = packet.ip.tos;
    side.first_tcp_flags = flags;
  }
  ++side.packets;
  side.bytes += ip_bytes(packet);
  side.first = std::min(side.first, packet.raw.time);
  side.last = std::max(side.last, packet.raw.time);
  side.tcp_flags |= flags;
}

}  // namespace weir::engine
