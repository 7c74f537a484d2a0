// The row of Modbus in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace modbus {
namespace {

ProbeResult probe(Direction, Bytes data) {
  ByteCursor in{data};
  in.skip(2);  // transaction
  const std::uint16_t protocol = in.be16(), length = in.be16();
  in.skip(1);
  const std::uint8_t function = in.u8();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(protocol == 0 && length >= 2 && length <= 254 && function != 0);
}

}  // namespace
}  // namespace modbus

const ProtocolInfo proto_modbus{.id = AppProto::modbus,
                                .name = "modbus",
                                .over_tcp = true,
                                .enabled_by_default = false,
                                .probe = modbus::probe,
                                .probe_ports = {.tcp = "502"}};

}  // namespace weir
