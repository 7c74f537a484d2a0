// The row of NTP in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace ntp {
namespace {

// RFC 5905 7.3
ProbeResult probe(Direction, Bytes data) {
  constexpr std::size_t kMinimum = 48, kControlMinimum = 12;
  ByteCursor in{data};
  const std::uint8_t first = in.u8();
  const auto version = static_cast<unsigned>(first >> 3U) & 7U, mode = first & 7U;
  if (version < 1 || version > 4 || mode == 0) return ProbeResult::no;
  return yes_if(data.size() >= (mode >= 6 ? kControlMinimum : kMinimum));
}

}  // namespace
}  // namespace ntp

const ProtocolInfo proto_ntp{
    .id = AppProto::ntp, .name = "ntp", .over_udp = true, .probe = ntp::probe, .probe_ports = {.udp = "123"}};

}  // namespace weir
