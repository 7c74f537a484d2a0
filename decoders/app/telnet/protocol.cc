// The row of Telnet in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace telnet {
namespace {

// RFC 854: an option negotiation
ProbeResult probe(Direction, Bytes data) {
  constexpr std::uint8_t kIac = 0xff, kWill = 0xfb, kDont = 0xfe;
  ByteCursor in{data};
  const std::uint8_t iac = in.u8(), command = in.u8();
  in.skip(1);
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(iac == kIac && command >= kWill && command <= kDont);
}

}  // namespace
}  // namespace telnet

const ProtocolInfo proto_telnet{.id = AppProto::telnet,
                                .name = "telnet",
                                .over_tcp = true,
                                .probe = telnet::probe,
                                .probe_ports = {.tcp = "23"}};

}  // namespace weir
