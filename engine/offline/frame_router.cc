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

// The same whichever of the hosts is the first.
std::uint64_t hash_hosts(std::uint32_t one, std::uint32_t other) {
  return mix(std::uint64_t{one + other} << 32U | (one ^ other));
}
std::uint64_t hash_v6(ByteCursor address) {
  const std::uint64_t high = address.be64();
  return mix(mix(high) ^ address.be64());
}
std::uint64_t hash_hosts_v6(Bytes one, Bytes other) {
  return mix(hash_v6(ByteCursor{one}) + hash_v6(ByteCursor{other}));
}
std::uint64_t hash_hosts(const IpAddress& one, const IpAddress& other) {
  if (one.family == 4) return hash_hosts(one.v4_host_order(), other.v4_host_order());
  return hash_hosts_v6(one.bytes, other.bytes);
}

// Does a packet of this protocol, whose header is at the cursor, belong to the flow of its addresses and carry
// nothing but itself?
bool is_plain(std::uint8_t protocol, ByteCursor in, const DecodeSettings& settings) {
  switch (protocol) {
    case ip_protocol::tcp: return true;
    case ip_protocol::udp: {
      const auto ports = in.fixed<4>();
      const std::uint16_t source = ports.be16<0>(), destination = ports.be16<2>();
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
  const auto header = in.fixed<20>();
  const auto length = static_cast<std::size_t>(header.u8<0>() & 0x0fU) * 4;
  const bool fragment = (header.be16<6>() & 0x3fffU) != 0;
  if (in.failed() || fragment || length < 20) return std::nullopt;
  in.skip(length - 20);
  if (!is_plain(header.u8<9>(), in, settings)) return std::nullopt;
  return hash_hosts(header.be32<12>(), header.be32<16>());
}

Route route_v6(ByteCursor in, const DecodeSettings& settings) {
  const auto header = in.fixed<40>();
  if (in.failed() || !is_plain(header.u8<6>(), in, settings)) return std::nullopt;
  return hash_hosts_v6(header.bytes<8, 16>(), header.bytes<24, 16>());
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

// Of Ethernet with TCP or UDP in IPv4, without tags and options, as most frames are: one check for all headers. Nothing for
// others.
Route usual_route(const RawPacket& raw, const DecodeSettings& settings) {
  ByteCursor in{raw.bytes};
  const auto head = in.fixed<38>();
  if (in.failed() || raw.link_type != 1 || head.be16<12>() != 0x0800 || head.u8<14>() != 0x45 ||
      (head.be16<20>() & 0x3fffU) != 0)
    return std::nullopt;
  const std::uint8_t protocol = head.u8<23>();
  if (protocol == ip_protocol::tcp ||
      (protocol == ip_protocol::udp && udp_tunnel(head.be16<34>(), head.be16<36>(), settings) == Proto::none))
    return hash_hosts(head.be32<26>(), head.be32<30>());
  return std::nullopt;
}

// Of which the capture has kept the begin only.
std::uint64_t route_of_cut(const Packet& packet) {
  if (!is_cut(packet)) return 0;
  Packet cut;
  if (!read_cut_packet(packet, cut)) return 0;
  return hash_hosts(cut.ip.source, cut.ip.destination);
}

}  // namespace

std::uint64_t route_of(const Packet& packet, const FlowKeyOptions& options) {
  PacketKey key = make_packet_key(packet, options);
  if (key.kind == PacketKey::Kind::existing) key = make_quoted_key(packet, options);
  if (key.kind != PacketKey::Kind::none) return hash_hosts(key.key.a, key.key.b);
  if (packet.ip.version == 0) return route_of_cut(packet);
  return hash_hosts(packet.ip.source, packet.ip.destination);
}

std::optional<std::uint64_t> quoted_route(const Packet& packet, const FlowKeyOptions& options) {
  const PacketKey key = make_quoted_key(packet, options);
  if (key.kind == PacketKey::Kind::none) return std::nullopt;
  return hash_hosts(key.key.a, key.key.b);
}

std::optional<std::uint64_t> plain_route(const RawPacket& raw, const DecodeSettings& settings) {
  if (const Route usual = usual_route(raw, settings)) return usual;
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
