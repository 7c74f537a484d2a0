// The row of DNP3 in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace dnp3 {
namespace {

ProbeResult probe(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint16_t start = in.be16();
  const std::uint8_t length = in.u8();
  in.skip(7);
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(start == 0x0564 && length >= 5);
}

}  // namespace
}  // namespace dnp3

const ProtocolInfo proto_dnp3{.id = AppProto::dnp3,
                              .name = "dnp3",
                              .over_tcp = true,
                              .enabled_by_default = false,
                              .probe = dnp3::probe,
                              .probe_ports = {.tcp = "20000"}};

}  // namespace weir
