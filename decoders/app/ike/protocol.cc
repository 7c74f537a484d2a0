// The row of IKE in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace ike {
namespace {

constexpr std::string_view kAliases[] = {"ikev1", "ikev2"};

// RFC 7296 3.1, RFC 2408 3.1
ProbeResult probe(Direction, Bytes data) {
  ByteCursor in{data};
  in.skip(17);  // both SPIs, next payload
  const std::uint8_t version = in.u8(), exchange = in.u8();
  in.skip(5);
  const std::uint32_t length = in.be32();
  if (in.failed() || length < 28) return ProbeResult::no;
  const auto major = static_cast<unsigned>(version >> 4U);
  return yes_if((major == 1 && exchange != 0) || (major == 2 && exchange >= 34 && exchange <= 43));
}

}  // namespace
}  // namespace ike

const ProtocolInfo proto_ike{.id = AppProto::ike,
                             .name = "ike",
                             .aliases = ike::kAliases,
                             .over_udp = true,
                             .probe = ike::probe,
                             .probe_ports = {.udp = "500"}};

}  // namespace weir
