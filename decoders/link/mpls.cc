#include "decoders/link/link.h"

namespace weir {
namespace {

constexpr std::size_t kMaxLabels = 32;
// Reserved labels, RFC 3032 2.1 and RFC 7274.
constexpr std::uint32_t kIpv4ExplicitNull = 0, kRouterAlert = 1, kIpv6ExplicitNull = 2, kImplicitNull = 3,
                        kLastReserved = 15;
constexpr std::size_t kControlWordBytes = 4, kEthernetHeaderBytes = 14;

// What no header describes as it should: the anomaly is that of the protocol that the first four bits name.
DecodedStep by_first_nibble(ByteCursor& in) {
  const Bytes head = in.peek(1);
  if (head.empty()) return fault(Anomaly::mpls_pkt_too_small, in.offset());
  switch (head[0] >> 4) {
    case 4: return Step{Proto::ipv4, in.peek(in.remaining())};
    case 6: return Step{Proto::ipv6, in.peek(in.remaining())};
    case 0:  // a pseudowire control word (RFC 4385) before an Ethernet frame
      if (in.remaining() < kControlWordBytes + kEthernetHeaderBytes)
        return fault(Anomaly::mpls_pkt_too_small, in.offset());
      in.skip(kControlWordBytes);
      return Step{Proto::ethernet, in.peek(in.remaining())};
    default: return fault(Anomaly::mpls_unknown_payload_type, in.offset());
  }
}

DecodedStep by_looks(ByteCursor& in, const DecodeSettings& settings) {
  const Bytes rest = in.peek(in.remaining());
  if (const Proto ip = ip_by_looks(rest); ip != Proto::none) return Step{ip, rest};
  if (!looks_like_ethernet(ByteCursor{rest}, settings)) return by_first_nibble(in);
  // The 16 bits before a control word's number are zero (RFC 4448 4.6): no vendor's addresses begin so today.
  const bool control_word = rest[0] == 0 && rest[1] == 0 &&
                            looks_like_ethernet(ByteCursor{rest.subspan(kControlWordBytes)}, settings);
  return control_word ? by_first_nibble(in) : Step{Proto::ethernet, rest};
}

}  // namespace

DecodedStep decode_mpls(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  std::uint32_t label = 0;
  bool bottom = false;
  for (std::size_t n = 0; n < kMaxLabels && !bottom; ++n) {
    const std::uint32_t entry = in.be32();
    if (in.failed()) return fault(Anomaly::mpls_header_too_small, in.offset());
    label = entry >> 12;
    bottom = (entry & 0x100U) != 0;
  }
  if (!bottom) return fault(Anomaly::too_many_layers, in.offset());
  switch (label) {
    case kIpv4ExplicitNull: return Step{Proto::ipv4, in.peek(in.remaining())};
    case kIpv6ExplicitNull: return Step{Proto::ipv6, in.peek(in.remaining())};
    case kRouterAlert: note_invalid(p, Anomaly::mpls_bad_label_router_alert, in.offset()); break;
    case kImplicitNull: return fault(Anomaly::mpls_bad_label_implicit_null, in.offset());
    default:
      if (label <= kLastReserved) note_invalid(p, Anomaly::mpls_bad_label_reserved, in.offset());
  }
  return by_looks(in, settings);
}

}  // namespace weir
