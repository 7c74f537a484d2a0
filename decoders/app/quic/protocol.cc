// The row of QUIC in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace quic {
namespace {

// RFC 8999
ProbeResult probe(Direction, Bytes data) {
  constexpr std::size_t kMaxConnectionId = 20, kShortHeader = 17;
  ByteCursor in{data};
  const std::uint8_t first = in.u8();
  if ((first & 0x80U) == 0) return yes_if(data.size() >= kShortHeader);
  in.skip(4);  // version
  const std::uint8_t destination = in.u8();
  in.skip(destination);
  const std::uint8_t source = in.u8();
  in.skip(source);
  return yes_if(!in.failed() && destination <= kMaxConnectionId && source <= kMaxConnectionId);
}

}  // namespace
}  // namespace quic

const ProtocolInfo proto_quic{.id = AppProto::quic,
                              .name = "quic",
                              .over_udp = true,
                              .probe = quic::probe,
                              .probe_ports = {.udp = "443,80"}};

}  // namespace weir
