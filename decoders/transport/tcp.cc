#include "decoders/checksum.h"
#include "decoders/net/net.h"
#include "decoders/transport/transport.h"

namespace weir {
namespace {

constexpr std::size_t kFixedBytes = 20;
constexpr std::uint32_t kDataOffsetAt = 12;

}  // namespace

DecodedStep decode_tcp(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  const auto fixed = in.fixed<kFixedBytes>();
  if (in.failed()) return fault(Anomaly::tcp_pkt_too_small, 0);
  const std::size_t header_bytes = (fixed.u8<kDataOffsetAt>() >> 4U) * std::size_t{4};
  if (header_bytes > in.whole().size()) return fault(Anomaly::tcp_hlen_too_small, kDataOffsetAt);
  if (header_bytes < kFixedBytes) return fault(Anomaly::tcp_invalid_optlen, kDataOffsetAt);

  p.has_tcp = true;
  p.source_port = fixed.be16<0>();
  p.destination_port = fixed.be16<2>();
  TcpHeader& tcp = p.tcp;
  tcp.sequence = fixed.be32<4>();
  tcp.acknowledgment = fixed.be32<8>();
  tcp.flags = fixed.u8<13>();
  tcp.window = fixed.be16<14>();
  tcp.checksum = fixed.be16<16>();
  tcp.urgent = fixed.be16<18>();
  tcp.options = in.take(header_bytes - kFixedBytes);
  if (!tcp.options.empty()) read_tcp_options(p);
  p.payload = in.peek(in.remaining());
  if (settings.verify_checksums && !p.ip.other_addresses)
    p.l4_checksum_bad = transport_checksum(p.ip.source, p.ip.destination, ip_protocol::tcp, in.whole()) != 0;
  return last_layer();
}

}  // namespace weir
