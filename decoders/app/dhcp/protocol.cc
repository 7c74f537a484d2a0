// The row of DHCP in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace dhcp {
namespace {

// RFC 2131 2
ProbeResult probe(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint8_t op = in.u8();
  in.skip(235);  // to the end of `file`
  const std::uint32_t cookie = in.be32();
  return yes_if(!in.failed() && (op == 1 || op == 2) && cookie == 0x63825363);
}

}  // namespace
}  // namespace dhcp

const ProtocolInfo proto_dhcp{.id = AppProto::dhcp,
                              .name = "dhcp",
                              .over_udp = true,
                              .probe = dhcp::probe,
                              .probe_ports = {.udp = "67,68"}};

}  // namespace weir
