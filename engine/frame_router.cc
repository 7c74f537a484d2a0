#include "engine/frame_router.h"

#include "decoders/byte_cursor.h"

namespace weir::engine {
namespace {

constexpr int kMaxTags = 8;  // VLAN tags and MPLS labels passed over

std::uint64_t mix(std::uint64_t x) {  // the finaliser of splitmix64
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

constexpr std::uint8_t kIcmp = 1, kIcmpv6 = 58;

std::uint64_t hash_pair(std::uint64_t source, std::uint64_t destination) {
  return mix(mix(source) + mix(destination));
}

std::uint64_t hash_addresses_v6(ByteCursor& in) {
  const auto address = [&in] {
    const std::uint64_t high = in.be64();
    return mix(mix(high) ^ in.be64());
  };
  const std::uint64_t source = address(), destination = address();
  return in.failed() ? 0 : mix(source + destination);
}

// Tunnels and fragments go by the outer addresses, so that what is in pieces meets what is not; ICMP errors
// by those that they quote.
std::uint64_t hash_v4(ByteCursor in) {
  const auto header = static_cast<std::size_t>(in.u8() & 0x0fU) * 4;
  in.skip(5);
  const bool fragment = (in.be16() & 0x3fffU) != 0;
  in.skip(1);
  const std::uint8_t protocol = in.u8();
  in.skip(2);
  const std::uint32_t source = in.be32(), destination = in.be32();
  if (in.failed()) return 0;
  const std::uint64_t outer = hash_pair(source, destination);
  if (fragment || header < 20) return outer;
  in.skip(header - 20);
  if (protocol == kIcmp) {
    const std::uint8_t type = in.u8();
    in.skip(7 + 12);  // rest of the ICMP header, quoted header up to its addresses
    const std::uint32_t quoted_source = in.be32(), quoted_destination = in.be32();
    const bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
    return error && !in.failed() ? hash_pair(quoted_source, quoted_destination) : outer;
  }
  return outer;
}

std::uint64_t hash_v6(ByteCursor in) {
  in.skip(6);
  const std::uint8_t next = in.u8();
  in.skip(1);
  const std::uint64_t outer = hash_addresses_v6(in);
  if (in.failed()) return 0;
  if (next == kIcmpv6) {
    const bool error = in.u8() < 128;
    in.skip(7 + 8);  // rest of the ICMPv6 header, quoted header up to its addresses
    const std::uint64_t quoted = hash_addresses_v6(in);
    return error && quoted != 0 ? quoted : outer;
  }
  return outer;
}

std::uint64_t hash_ip(ByteCursor in) {
  const Bytes first = in.peek(1);
  if (first.empty()) return 0;
  const unsigned version = first[0] >> 4U;
  return version == 4 ? hash_v4(in) : version == 6 ? hash_v6(in) : 0;
}

std::uint64_t hash_ether_type(std::uint16_t type, ByteCursor in) {
  for (int tags = 0; tags < kMaxTags; ++tags) {
    switch (type) {
      case 0x0800:
      case 0x86dd: return hash_ip(in);
      case 0x8100:
      case 0x88a8:
      case 0x9100:
        in.skip(2);
        type = in.be16();
        break;
      case 0x8926:  // VN-tag
        in.skip(4);
        type = in.be16();
        break;
      case 0x893f:  // E-tag
        in.skip(6);
        type = in.be16();
        break;
      case 0x8903:  // FabricPath, and the frame in it
        in.skip(2 + 12);
        type = in.be16();
        break;
      case 0x88e7:  // 802.1ah, and the frame in it
        in.skip(4 + 12);
        type = in.be16();
        break;
      case 0x8847:
        if ((in.be32() & 0x100U) != 0) return hash_ip(in);  // bottom of the label stack
        break;
      case 0x8864: in.skip(8); return hash_ip(in);  // PPPoE session and PPP protocol
      default: return 0;
    }
  }
  return 0;
}

}  // namespace

std::uint64_t route_hash(const RawPacket& raw) {
  ByteCursor in{raw.bytes};
  switch (raw.link_type) {
    case 1: {  // Ethernet
      in.skip(12);
      const std::uint16_t type = in.be16();
      return hash_ether_type(type, in);
    }
    case 0:
    case 108: in.skip(4); return hash_ip(in);  // BSD loopback
    case 12:
    case 14:
    case 101:
    case 228:
    case 229: return hash_ip(in);  // raw IP
    case 113: {                    // Linux cooked
      in.skip(14);
      const std::uint16_t type = in.be16();
      return hash_ether_type(type, in);
    }
    case 276: {  // Linux cooked, version 2
      const std::uint16_t type = in.be16();
      in.skip(18);
      return hash_ether_type(type, in);
    }
    default: return 0;
  }
}

}  // namespace weir::engine
