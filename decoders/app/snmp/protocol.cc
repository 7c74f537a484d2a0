// The row of SNMP in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/ber.h"

namespace weir {
namespace snmp {
namespace {

constexpr unsigned kMaxLengthBytes = 3;  // larger messages do not start a conversation

// RFC 3416, RFC 3412
ProbeResult probe(Direction, Bytes data) {
  ByteCursor in{data};
  if (in.u8() != 0x30) return ProbeResult::no;
  (void)read_ber_length(in, kMaxLengthBytes);
  const bool integer = in.u8() == 0x02 && in.u8() == 0x01;
  const std::uint8_t version = in.u8();
  return yes_if(!in.failed() && integer && version <= 3 && version != 2);
}

}  // namespace
}  // namespace snmp

const ProtocolInfo proto_snmp{.id = AppProto::snmp,
                              .name = "snmp",
                              .over_udp = true,
                              .probe = snmp::probe,
                              .probe_ports = {.udp = "161,162"}};

}  // namespace weir
