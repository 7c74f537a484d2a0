// NetFlow version 9, RFC 3954.
#include "decoders/flow/decoder.h"
#include "decoders/flow/field_value.h"
#include "decoders/flow/sets.h"

namespace weir::flow {

void read_netflow9(const Datagram& in) {
  constexpr std::uint8_t kVersion = 9;
  ByteCursor message{in.bytes};
  const auto header = message.fixed<20>();
  if (message.failed()) {
    ++in.exporter.without_domain.malformed;
    return;
  }
  // The header's count of records is wrong too often to be asked.
  const std::uint32_t uptime_ms = header.be32<4>(), seconds = header.be32<8>(), sequence = header.be32<12>(),
                      source_id = header.be32<16>();
  Domain& domain = count_message(in, source_id, kVersion, in.bytes.size());
  const TimeUs exported = TimeUs{seconds} * kUsPerSecond;
  note_clock(domain, exported, in.received);
  domain.loss.observe(in.port, sequence, 1, true);
  SetReader(MessageContext{.exporter = in.exporter,
                           .domain = domain,
                           .batch = in.batch,
                           .port = in.port,
                           .received = in.received,
                           .facts = {.exporter = {in.exporter.address, source_id},
                                     .exported = exported,
                                     .has_uptime = true,
                                     .uptime_ms = uptime_ms}},
            Dialect::netflow9)
      .read(message);
}

}  // namespace weir::flow
