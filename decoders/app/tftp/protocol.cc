// The row of TFTP in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace tftp {
namespace {

// RFC 1350 5
ProbeResult probe(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint16_t opcode = in.be16();
  in.skip(2);
  return yes_if(!in.failed() && opcode >= 1 && opcode <= 5);
}

}  // namespace
}  // namespace tftp

const ProtocolInfo proto_tftp{.id = AppProto::tftp,
                              .name = "tftp",
                              .over_udp = true,
                              .probe = tftp::probe,
                              .probe_ports = {.udp = "69"}};

}  // namespace weir
