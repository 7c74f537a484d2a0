#include "decoders/checksum.h"
#include "decoders/net/net.h"
#include "decoders/transport/transport.h"

namespace weir {
namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::uint32_t kLengthAt = 4;

}  // namespace

DecodedStep decode_udp(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  const auto header = in.fixed<kHeaderBytes>();
  if (in.failed()) return fault(Anomaly::udp_pkt_too_small, 0);
  const std::uint16_t length = header.be16<kLengthAt>(), checksum = header.be16<6>();
  if (length > in.whole().size()) return fault(Anomaly::udp_pkt_too_small, kLengthAt);
  if (length < kHeaderBytes) return fault(Anomaly::udp_len_invalid, kLengthAt);

  p.has_udp = true;
  p.source_port = header.be16<0>();
  p.destination_port = header.be16<2>();
  p.udp_length = length;
  p.udp_checksum = checksum;
  const Bytes datagram = in.whole().first(length);
  p.payload = datagram.subspan(kHeaderBytes);
  // Over IPv4 a zero says that the sender did not compute one (RFC 768); over IPv6 tunnels may do so (RFC
  // 6935).
  if (settings.verify_checksums && checksum != 0 && !p.ip.other_addresses)
    p.l4_checksum_bad = transport_checksum(p.ip.source, p.ip.destination, ip_protocol::udp, datagram) != 0;
  return Step{udp_tunnel(p.source_port, p.destination_port, settings), p.payload};
}

}  // namespace weir
