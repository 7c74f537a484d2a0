#include "decoders/link/link.h"

namespace weir {
namespace {

constexpr std::size_t kAddressBytes = 6;
constexpr std::size_t kFabricPathTagBytes = 2;  // what the tag leaves before the inner frame

}  // namespace

Proto proto_of_ether_type(std::uint16_t ether_type, const DecodeSettings& settings) {
  switch (ether_type) {
    case 0x0800: return Proto::ipv4;
    case 0x86dd: return Proto::ipv6;
    case 0x0806: return Proto::arp;
    case 0x8100:
    case 0x88a8:
    case 0x9100:
    case 0x9200: return Proto::vlan;
    case 0x8863: return Proto::pppoe_discovery;
    case 0x8864: return Proto::pppoe_session;
    case 0x8847:
    case 0x8848: return Proto::mpls;
    case 0x88e7: return Proto::ieee80211ah;
    case 0x8903: return Proto::dce;
    case 0x8926: return settings.vntag ? Proto::vntag : Proto::none;
    case 0x893f: return Proto::etag;
    case 0x894f: return Proto::nsh;
    default: return Proto::none;
  }
}

DecodedStep decode_ethernet(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  const auto header = in.fixed<2 * kAddressBytes + 2>();
  if (in.failed()) return fault(Anomaly::ethernet_pkt_too_small, 0);
  const std::uint16_t type = header.be16<2 * kAddressBytes>();
  p.ether_destination = header.bytes<0, kAddressBytes>();
  p.ether_source = header.bytes<kAddressBytes, kAddressBytes>();
  p.ether_type = type;
  const Proto next = proto_of_ether_type(type, settings);
  if (next == Proto::none) p.note({Anomaly::ethernet_unknown_ethertype, in.offset()});
  return Step{next, in.peek(in.remaining())};
}

bool looks_like_ethernet(ByteCursor in, const DecodeSettings& settings) {
  in.skip(2 * kAddressBytes);
  const std::uint16_t type = in.be16();
  return !in.failed() && proto_of_ether_type(type, settings) != Proto::none;
}

DecodedStep decode_dce(ByteCursor& in, Packet&) {
  in.skip(kFabricPathTagBytes);
  if (in.failed()) return fault(Anomaly::dce_pkt_too_small, 0);
  return Step{Proto::ethernet, in.peek(in.remaining())};
}

}  // namespace weir
