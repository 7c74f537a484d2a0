#include "engine/offline/frame_router.h"

#include "decoders/byte_cursor.h"
#include "decoders/link/link.h"
#include "decoders/net/ip_protocol.h"
#include "engine/flow/cut_packet.h"

namespace weir::engine {
namespace {

using Route = std::optional<std::uint64_t>;

constexpr int kMaxTags = 8;  // VLAN tags and MPLS labels passed over

std::uint64_t mix(std::uint64_t x) {  // the finaliser of splitmix64
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

std::uint64_t hash_address(std::uint32_t v4) {
  return mix(v4);
}
std::uint64_t hash_address(ByteCursor v6) {
  const std::uint64_t high = v6.be64();
  return mix(mix(high) ^ v6.be64());
}
std::uint64_t hash_address(const IpAddress& a) {
  return a.family == 4 ? hash_address(a.v4_host_order()) : hash_address(ByteCursor{a.bytes});
}
std::uint64_t hash_pair(std::uint64_t one, std::uint64_t other) {
  return mix(one + other);
}

// Does a packet of this protocol, whose header is at the cursor, belong to the flow of its addresses and carry
// nothing but itself?
bool is_plain(std::uint8_t protocol, ByteCursor in, const DecodeSettings& settings) {
  switch (protocol) {
    case ip_protocol::tcp: return true;
    case ip_protocol::udp: {
      const std::uint16_t source = in.be16(), destination = in.be16();
      return !in.failed() && udp_tunnel(source, destination, settings) == Proto::none;
    }
    case ip_protocol::icmp: {  // queries: an error may belong to the flow that it quotes
      const std::uint8_t type = in.u8();
      return !in.failed() && (type == 0 || type == 8);
    }
    case ip_protocol::icmpv6: return in.u8() >= 128;
    default: return false;
  }
}

Route route_v4(ByteCursor in, const DecodeSettings& settings) {
  const auto header = static_cast<std::size_t>(in.u8() & 0x0fU) * 4;
  in.skip(5);
  const bool fragment = (in.be16() & 0x3fffU) != 0;
  in.skip(1);
  const std::uint8_t protocol = in.u8();
  in.skip(2);
  const std::uint32_t source = in.be32(), destination = in.be32();
  if (in.failed() || fragment || header < 20) return std::nullopt;
  in.skip(header - 20);
  if (!is_plain(protocol, in, settings)) return std::nullopt;
  return hash_pair(hash_address(source), hash_address(destination));
}

Route route_v6(ByteCursor in, const DecodeSettings& settings) {
  in.skip(6);
  const std::uint8_t next = in.u8();
  in.skip(1);
  const Bytes source = in.take(16), destination = in.take(16);
  if (in.failed() || !is_plain(next, in, settings)) return std::nullopt;
  return hash_pair(hash_address(ByteCursor{source}), hash_address(ByteCursor{destination}));
}

Route route_ip(ByteCursor in, const DecodeSettings& settings) {
  const Bytes first = in.peek(1);
  if (first.empty()) return std::nullopt;
  const unsigned version = first[0] >> 4U;
  return version == 4 ? route_v4(in, settings) : version == 6 ? route_v6(in, settings) : std::nullopt;
}

Route route_ether_type(std::uint16_t type, ByteCursor in, const DecodeSettings& settings) {
  for (int tags = 0; tags < kMaxTags; ++tags) {
    switch (type) {
      case 0x0800:
      case 0x86dd: return route_ip(in, settings);
      case 0x8100:
      case 0x88a8:
      case 0x9100:
      case 0x9200:
        in.skip(2);
        type = in.be16();
        break;
      case 0x8847:
        if ((in.be32() & 0x100U) == 0) break;
        // Bottom of the label stack. What is no IP for sure may be a frame.
        return ip_by_looks(in.peek(in.remaining())) != Proto::none ? route_ip(in, settings) : std::nullopt;
      case 0x8864: {  // PPPoE session
        in.skip(6);
        const std::uint16_t protocol = in.be16();
        return protocol == 0x0021 || protocol == 0x0057 ? route_ip(in, settings) : std::nullopt;
      }
      default: return std::nullopt;
    }
  }
  return std::nullopt;
}

// Of which the capture has kept the begin only.
std::uint64_t route_of_cut(const Packet& packet) {
  if (!is_cut(packet)) return 0;
  Packet cut;
  if (!read_cut_packet(packet, cut)) return 0;
  return hash_pair(hash_address(cut.ip.source), hash_address(cut.ip.destination));
}

}  // namespace

std::uint64_t route_of(const Packet& packet, const FlowKeyOptions& options) {
  PacketKey key = make_packet_key(packet, options);
  if (key.kind == PacketKey::Kind::existing) key = make_quoted_key(packet, options);
  if (key.kind != PacketKey::Kind::none) return hash_pair(hash_address(key.key.a), hash_address(key.key.b));
  if (packet.ip.version == 0) return route_of_cut(packet);
  return hash_pair(hash_address(packet.ip.source), hash_address(packet.ip.destination));
}

std::optional<std::uint64_t> quoted_route(const Packet& packet, const FlowKeyOptions& options) {
  const PacketKey key = make_quoted_key(packet, options);
  if (key.kind == PacketKey::Kind::none) return std::nullopt;
  return hash_pair(hash_address(key.key.a), hash_address(key.key.b));
}

std::optional<std::uint64_t> plain_route(const RawPacket& raw, const DecodeSettings& settings) {
  ByteCursor in{raw.bytes};
  switch (raw.link_type) {
    case 1: {  // Ethernet
      in.skip(12);
      const std::uint16_t type = in.be16();
      return route_ether_type(type, in, settings);
    }
    case 0:
    case 108: in.skip(4); return route_ip(in, settings);  // BSD loopback
    case 12:
    case 14:
    case 101:
    case 228:
    case 229: return route_ip(in, settings);  // raw IP
    case 113: {                               // Linux cooked
      in.skip(14);
      const std::uint16_t type = in.be16();
      return route_ether_type(type, in, settings);
    }
    case 276: {  // Linux cooked, version 2
      const std::uint16_t type = in.be16();
      in.skip(18);
      return route_ether_type(type, in, settings);
    }
    default: return std::nullopt;
  }
}

}  // namespace weir::engine
