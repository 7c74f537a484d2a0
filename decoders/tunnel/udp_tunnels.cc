#include "decoders/link/link.h"
#include "decoders/tunnel/tunnel.h"

namespace weir {
namespace {

Step not_mine() {
  return Step{.mine = false};
}

constexpr std::uint16_t kBridged = 0x6558, kIpv4 = 0x0800, kIpv6 = 0x86dd, kArp = 0x0806;
constexpr std::size_t kEthernetAddressesBytes = 12;

// Does an Ethernet frame that we could decode begin here?
bool decodable_frame(ByteCursor in, const DecodeSettings& settings) {
  in.skip(kEthernetAddressesBytes);
  const std::uint16_t type = in.be16();
  return !in.failed() && proto_of_ether_type(type, settings) != Proto::none;
}

}  // namespace

DecodedStep decode_vxlan(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  constexpr std::uint32_t kNetworkValid = 0x08000000;
  const std::uint32_t flags = in.be32(), network = in.be32();
  if (in.failed() || (flags & kNetworkValid) == 0) return not_mine();
  if (settings.vxlan_strict_reserved_bits && (flags != kNetworkValid || (network & 0xff) != 0))
    return not_mine();
  const Bytes frame = in.peek(in.remaining());
  if (!decodable_frame(ByteCursor{frame}, settings)) {
    p.note({Anomaly::vxlan_unknown_payload_type, in.offset()});
    return not_mine();
  }
  p.tunnel = {Proto::ethernet, Proto::vxlan, frame};
  return last_layer();
}

DecodedStep decode_geneve(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  const std::uint8_t first = in.u8();
  in.skip(1);
  const std::uint16_t protocol = in.be16();
  in.skip(4);                               // network and reserved
  in.skip(std::size_t{first & 0x3fU} * 4);  // options
  if (in.failed() || first >> 6 != 0) return not_mine();
  const Bytes inner = in.peek(in.remaining());
  Proto next = Proto::none;
  if (protocol == kIpv4) next = Proto::ipv4;
  if (protocol == kIpv6) next = Proto::ipv6;
  if (protocol == kArp) next = Proto::arp;
  if (protocol == kBridged && decodable_frame(ByteCursor{inner}, settings)) next = Proto::ethernet;
  if (next == Proto::none) {
    p.note({Anomaly::geneve_unknown_payload_type, in.offset()});
    return not_mine();
  }
  p.tunnel = {next, Proto::geneve, inner};
  return last_layer();
}

DecodedStep decode_teredo(ByteCursor& in, Packet& p) {
  constexpr std::size_t kOriginBytes = 8, kIpv6HeaderBytes = 40, kHopByHopBytes = 8;
  // An origin indication begins with two zeros. The other header, authentication, comes with set-up messages only.
  const Bytes head = in.peek(2);
  if (head.size() == 2 && head[0] == 0) {
    if (head[1] != 0) return not_mine();
    in.skip(kOriginBytes);
  }
  const Bytes inner = in.peek(in.remaining());
  ByteCursor header{inner};
  const std::uint32_t first = header.be32();
  const std::size_t length = header.be16();
  const std::uint8_t next = header.u8(), hop_limit = header.u8();
  if (inner.size() < kIpv6HeaderBytes || first >> 28 != 6) return not_mine();
  if (length != inner.size() - kIpv6HeaderBytes || hop_limit == 0) return not_mine();
  if (next == 0 && length < kHopByHopBytes) return not_mine();
  p.tunnel = {Proto::ipv6, Proto::teredo, inner};
  return last_layer();
}

}  // namespace weir
