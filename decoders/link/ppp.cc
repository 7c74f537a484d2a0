#include "decoders/link/link.h"

namespace weir {
namespace {

constexpr std::uint8_t kAllStations = 0xff, kUnnumbered = 0x03;  // RFC 1662 3.1
constexpr std::uint8_t kCiscoUnicast = 0x0f, kCiscoMulticast = 0x8f;
constexpr std::size_t kPppoeHeaderBytes = 6;
constexpr std::size_t kMaxPppoeTags = 64;

constexpr std::size_t kIpv4HeaderBytes = 20, kIpv6HeaderBytes = 40, kTcpHeaderBytes = 20;

// A protocol number is one byte when that is odd, else two (RFC 1661 6.5).
std::uint16_t protocol_number(ByteCursor& in) {
  const Bytes first = in.peek(1);
  return !first.empty() && (first[0] & 1) != 0 ? in.u8() : in.be16();
}

// Protocols that may stand in PPP (IANA's list) and hold nothing for us.
bool known_unsupported(std::uint16_t protocol) {
  switch (protocol) {
    case 0x0023:  // OSI network layer
    case 0x0025:  // Xerox NS
    case 0x0027:  // DECnet
    case 0x0029:  // AppleTalk
    case 0x002b:  // IPX
    case 0x002d:  // VJ compressed TCP
    case 0x0031:  // bridging
    case 0x0033:  // ST-II
    case 0x0035:  // VINES
    case 0x0201:  // 802.1d hellos
    case 0x0203:
    case 0x0231:  // Luxcom
    case 0x0233:
    case 0x8021:  // network control protocols of the above
    case 0x8023:
    case 0x8025:
    case 0x8027:
    case 0x8029:
    case 0x802b:
    case 0x8031:
    case 0x8033:
    case 0x8035:
    case 0x8057:
    case 0x80fd:
    case 0x80c1:
    case 0xc021:  // link control, PAP, link quality, CHAP
    case 0xc023:
    case 0xc025:
    case 0xc223: return true;
    default: return false;
  }
}

}  // namespace

DecodedStep ppp_payload(std::uint16_t protocol, ByteCursor& in, Packet&) {
  const auto go = [&in](Proto next) { return Step{next, in.peek(in.remaining())}; };
  switch (protocol) {
    case 0x0021:
      if (in.remaining() < kIpv4HeaderBytes) return fault(Anomaly::ppp_ip4_pkt_too_small, in.offset());
      return go(Proto::ipv4);
    case 0x002f:  // VJ uncompressed TCP: an IPv4 header with a slot number in place of the protocol
      if (in.remaining() < kIpv4HeaderBytes + kTcpHeaderBytes)
        return fault(Anomaly::ppp_vju_pkt_too_small, in.offset());
      return go(Proto::ipv4);
    case 0x0057:
      if (in.remaining() < kIpv6HeaderBytes) return fault(Anomaly::ppp_ip6_pkt_too_small, in.offset());
      return go(Proto::ipv6);
    case 0x0281:
    case 0x0283: return go(Proto::mpls);
    default: break;
  }
  if (known_unsupported(protocol)) return fault(Anomaly::ppp_unsup_proto, in.offset());
  return fault(Anomaly::ppp_wrong_type, in.offset());
}

DecodedStep decode_ppp(ByteCursor& in, Packet& p) {
  const Bytes head = in.peek(2);
  if (head.size() == 2 && (head[0] == kCiscoUnicast || head[0] == kCiscoMulticast) && head[1] == 0)
    return Step{.next = Proto::chdlc, .payload = in.peek(in.remaining()), .mine = false};
  if (head.size() == 2 && head[0] == kAllStations && head[1] == kUnnumbered) in.skip(2);
  const std::uint16_t protocol = protocol_number(in);
  if (in.failed()) return fault(Anomaly::ppp_pkt_too_small, 0);
  return ppp_payload(protocol, in, p);
}

DecodedStep decode_chdlc(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  in.skip(2);  // address and control
  const std::uint16_t type = in.be16();
  if (in.failed()) return fault(Anomaly::chdlc_pkt_too_small, 0);
  p.ether_type = type;
  const Proto next = proto_of_ether_type(type, settings);
  if (next == Proto::none) p.note({Anomaly::ethernet_unknown_ethertype, in.offset()});
  return Step{next, in.peek(in.remaining())};
}

DecodedStep decode_pppoe_session(ByteCursor& in, Packet& p) {
  in.skip(1);  // version and type
  const std::uint8_t code = in.u8();
  in.skip(2);  // session
  const std::size_t length = in.be16();
  if (in.failed() || in.empty()) return fault(Anomaly::pppoe_pkt_too_small, 0);
  if (code != 0) return fault(Anomaly::pppoe_wrong_code, 1);
  // A length that says more than there is has never stopped a receiver; the IP header inside has its own.
  ByteCursor inner{in.peek(length < in.remaining() ? length : in.remaining())};
  const std::uint16_t protocol = protocol_number(inner);
  if (inner.failed()) return fault(Anomaly::pppoe_pkt_too_small, kPppoeHeaderBytes);
  in.skip(inner.offset());
  return ppp_payload(protocol, inner, p);
}

DecodedStep decode_pppoe_discovery(ByteCursor& in, Packet&) {
  in.skip(1);
  const std::uint8_t code = in.u8();
  in.skip(2);
  const std::size_t length = in.be16();
  if (in.failed()) return fault(Anomaly::pppoe_pkt_too_small, 0);
  const bool known = code == 0x07 || code == 0x09 || code == 0x19 || code == 0x65 || code == 0xa7;
  if (!known) return fault(Anomaly::pppoe_wrong_code, 1);
  if (length > in.remaining()) return fault(Anomaly::pppoe_malformed_tags, kPppoeHeaderBytes);
  ByteCursor tags = in.sub(length);
  for (std::size_t n = 0; n < kMaxPppoeTags && !tags.empty(); ++n) {
    tags.skip(2);
    tags.skip(tags.be16());
  }
  if (tags.failed()) return fault(Anomaly::pppoe_malformed_tags, kPppoeHeaderBytes);
  return last_layer();
}

}  // namespace weir
