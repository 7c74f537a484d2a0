#include "decoders/checksum.h"
#include "decoders/net/net.h"

namespace weir {
namespace {

constexpr std::size_t kFixedBytes = 20;
constexpr std::uint16_t kReservedBit = 0x8000, kDontFragment = 0x4000, kMoreFragments = 0x2000,
                        kOffsetMask = 0x1fff;

Step by_protocol(Bytes payload, Packet& p) {
  switch (p.ip.protocol) {
    case ip_protocol::tcp: return {Proto::tcp, payload};
    case ip_protocol::udp: return {Proto::udp, payload};
    case ip_protocol::icmp: return {Proto::icmpv4, payload};
    case ip_protocol::sctp: return {Proto::sctp, payload};
    case ip_protocol::esp: return {Proto::esp, payload};
    case ip_protocol::gre: return {Proto::gre, payload};
    case ip_protocol::ipv4: p.tunnel = {Proto::ipv4, Proto::ipv4, payload}; break;
    case ip_protocol::ipv6: p.tunnel = {Proto::ipv6, Proto::ipv4, payload}; break;
    case ip_protocol::icmpv6: note_invalid(p, Anomaly::ipv4_icmpv6, p.ip.header.empty() ? 0 : 9); break;
    default: break;
  }
  return last_layer();
}

}  // namespace

DecodedStep decode_ipv4(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  const auto fixed = in.fixed<kFixedBytes>();
  if (in.failed()) return fault(Anomaly::ipv4_pkt_too_small, 0);
  const std::uint8_t first = fixed.u8<0>();
  const std::size_t total = fixed.be16<2>();
  if (first >> 4 != 4) return fault(Anomaly::ipv4_wrong_ip_version, 0);
  const std::size_t header_bytes = std::size_t{first & 0x0fU} * 4;
  if (header_bytes < kFixedBytes) return fault(Anomaly::ipv4_hlen_too_small, 0);
  if (total < header_bytes) return fault(Anomaly::ipv4_iplen_smaller_than_hlen, 2);
  if (total > in.whole().size()) return fault(Anomaly::ipv4_trunc_pkt, 2);
  const Bytes datagram = in.whole().first(total);
  in.skip(header_bytes - kFixedBytes);

  const std::uint16_t fragment = fixed.be16<6>();
  IpHeader& ip = p.ip;
  ip.version = 4;
  ip.tos = fixed.u8<1>();
  ip.id = fixed.be16<4>();
  ip.ttl = fixed.u8<8>();
  ip.protocol = fixed.u8<9>();
  ip.dont_fragment = (fragment & kDontFragment) != 0;
  ip.more_fragments = (fragment & kMoreFragments) != 0;
  ip.reserved_bit = (fragment & kReservedBit) != 0;
  ip.fragment_offset = static_cast<std::uint16_t>((fragment & kOffsetMask) * 8);
  ip.is_fragment = (fragment & (kMoreFragments | kOffsetMask)) != 0;
  ip.source = IpAddress::v4(fixed.be32<12>());
  ip.destination = IpAddress::v4(fixed.be32<16>());
  ip.header = datagram.first(header_bytes);
  ip.options = ip.header.subspan(kFixedBytes);
  if (!ip.options.empty()) check_ipv4_options(ip.options, p);
  if (settings.verify_checksums) p.ip_checksum_bad = internet_checksum(ip.header) != 0;
  const Bytes payload = datagram.subspan(header_bytes);
  if (!ip.is_fragment) return by_protocol(payload, p);
  ip.fragment_payload = payload;
  return last_layer();
}

}  // namespace weir
