#include "decoders/transport/transport.h"

namespace weir {

DecodedStep decode_sctp(ByteCursor& in, Packet& p) {
  const std::uint16_t source_port = in.be16(), destination_port = in.be16();
  in.skip(8);  // verification tag and checksum
  if (in.failed()) return fault(Anomaly::sctp_pkt_too_small, 0);
  p.has_sctp = true;
  p.source_port = source_port;
  p.destination_port = destination_port;
  p.payload = in.peek(in.remaining());
  return last_layer();
}

DecodedStep decode_esp(ByteCursor& in, Packet& p) {
  const std::uint32_t spi = in.be32();
  in.skip(4);  // sequence
  if (in.failed()) return fault(Anomaly::esp_pkt_too_small, 0);
  p.has_esp = true;
  p.esp_spi = spi;
  p.payload = in.peek(in.remaining());
  return last_layer();
}

}  // namespace weir
