// IPFIX, RFC 7011.
#include "decoders/flow/decoder.h"
#include "decoders/flow/field_value.h"
#include "decoders/flow/sets.h"

namespace weir::flow {
namespace {

constexpr std::size_t kIpfixHeaderBytes = 16;
constexpr std::uint16_t kIpfixVersion = 10;

// False: what follows cannot be found.
bool read_message(const Datagram& in, ByteCursor& rest) {
  const std::size_t whole = rest.remaining();
  const auto header = rest.fixed<kIpfixHeaderBytes>();
  const std::uint16_t length = header.be16<2>();
  if (rest.failed() || header.be16<0>() != kIpfixVersion || length < kIpfixHeaderBytes || length > whole) {
    ++in.exporter.without_domain.malformed;
    return false;
  }
  const ByteCursor sets = rest.sub(length - kIpfixHeaderBytes);
  const std::uint32_t seconds = header.be32<4>(), sequence = header.be32<8>(), id = header.be32<12>();
  Domain& domain = count_message(in, id, kIpfixVersion, length);
  const TimeUs exported = TimeUs{seconds} * kUsPerSecond;
  note_clock(domain, exported, in.received);
  SetReader reader(MessageContext{.exporter = in.exporter,
                                  .domain = domain,
                                  .batch = in.batch,
                                  .port = in.port,
                                  .received = in.received,
                                  .facts = {.exporter = {in.exporter.address, id}, .exported = exported}},
                   Dialect::ipfix);
  reader.read(sets);
  domain.loss.observe(in.port, sequence, reader.records(), reader.all_counted());
  return true;
}

}  // namespace

void read_ipfix(const Datagram& in) {
  ByteCursor rest{in.bytes};
  // Some exporters put several messages into one datagram. Records show names of a domain that the next may push out.
  for (std::size_t i = 0; !rest.empty(); ++i) {
    if (i == kMaxMessages) {
      ++in.exporter.without_domain.over_limit;
      return;
    }
    if (!read_message(in, rest)) return;
    in.batch.flush();
  }
}

}  // namespace weir::flow
