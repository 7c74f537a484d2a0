#include "decoders/checksum.h"
#include "decoders/net/net.h"
#include "decoders/transport/transport.h"

namespace weir {
namespace {

constexpr std::size_t kFixedBytes = 20;
constexpr std::uint32_t kDataOffsetAt = 12;

}  // namespace

DecodedStep decode_tcp(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  const std::uint16_t source_port = in.be16(), destination_port = in.be16();
  const std::uint32_t sequence = in.be32(), acknowledgment = in.be32();
  const std::uint16_t offset_and_flags = in.be16(), window = in.be16(), checksum = in.be16(),
                      urgent = in.be16();
  if (in.failed()) return fault(Anomaly::tcp_pkt_too_small, 0);
  const std::size_t header_bytes = (std::size_t{offset_and_flags} >> 12U) * 4;
  if (header_bytes > in.whole().size()) return fault(Anomaly::tcp_hlen_too_small, kDataOffsetAt);
  if (header_bytes < kFixedBytes) return fault(Anomaly::tcp_invalid_optlen, kDataOffsetAt);

  p.has_tcp = true;
  p.source_port = source_port;
  p.destination_port = destination_port;
  TcpHeader& tcp = p.tcp;
  tcp.sequence = sequence;
  tcp.acknowledgment = acknowledgment;
  tcp.window = window;
  tcp.urgent = urgent;
  tcp.checksum = checksum;
  tcp.flags = static_cast<std::uint8_t>(offset_and_flags);
  tcp.options = in.take(header_bytes - kFixedBytes);
  if (!tcp.options.empty()) read_tcp_options(p);
  p.payload = in.peek(in.remaining());
  if (settings.verify_checksums && !p.ip.other_addresses)
    p.l4_checksum_bad = transport_checksum(p.ip.source, p.ip.destination, ip_protocol::tcp, in.whole()) != 0;
  return last_layer();
}

}  // namespace weir
