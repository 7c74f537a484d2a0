#include "decoders/link/link.h"

namespace weir {
namespace {

// The address families of the systems that write such captures: BSDs, macOS, Linux, Solaris, Windows.
Proto proto_of_family(std::uint32_t family) {
  switch (family) {
    case 2: return Proto::ipv4;
    case 10:
    case 23:
    case 24:
    case 28:
    case 30: return Proto::ipv6;
    default: return Proto::none;
  }
}

constexpr std::uint32_t swap_bytes(std::uint32_t v) {
  return (v << 24) | ((v & 0xff00U) << 8) | ((v >> 8) & 0xff00U) | (v >> 24);
}

}  // namespace

DecodedStep decode_null_loopback(ByteCursor& in, Packet&) {
  const std::uint32_t family = in.be32();
  if (in.failed()) return fault(Anomaly::ltnull_pkt_too_small, 0);
  Proto next = proto_of_family(family);
  if (next == Proto::none) next = proto_of_family(swap_bytes(family));
  if (next == Proto::none) return fault(Anomaly::ltnull_unsupported_type, 0);
  return Step{next, in.peek(in.remaining())};
}

Proto ip_by_looks(Bytes data) {
  constexpr std::size_t kIpv4FixedBytes = 20, kIpv6FixedBytes = 40;
  ByteCursor in{data};
  const std::uint8_t first = in.u8();
  in.skip(1);
  const std::size_t ipv4_total = in.be16(), ipv6_payload = in.be16();
  if (in.failed()) return Proto::none;
  const std::size_t ipv4_header = std::size_t{first & 0x0fU} * 4;
  switch (first >> 4) {
    case 4:
      return ipv4_header >= kIpv4FixedBytes && ipv4_total >= ipv4_header && ipv4_total <= data.size()
                 ? Proto::ipv4
                 : Proto::none;
    case 6:
      return data.size() >= kIpv6FixedBytes && ipv6_payload <= data.size() - kIpv6FixedBytes ? Proto::ipv6
                                                                                             : Proto::none;
    default: return Proto::none;
  }
}

DecodedStep decode_raw_ip(ByteCursor& in, Packet&) {
  const Bytes head = in.peek(1);
  if (head.empty()) return fault(Anomaly::ipv4_pkt_too_small, 0);
  switch (head[0] >> 4) {
    case 4: return Step{Proto::ipv4, in.peek(in.remaining())};
    case 6: return Step{Proto::ipv6, in.peek(in.remaining())};
    default: return fault(Anomaly::ipraw_invalid_ip_version, 0);
  }
}

}  // namespace weir
