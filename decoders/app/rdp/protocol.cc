// The row of RDP in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/probe.h"
#include "decoders/app/rdp/rdp.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace rdp {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings&) {
  return factory_of<RdpParser>();
}

// RFC 1006, X.224
ProbeResult probe(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint8_t version = in.u8(), reserved = in.u8();
  const std::uint16_t length = in.be16();
  in.skip(1);
  const std::uint8_t type = in.u8();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(version == 3 && reserved == 0 && length >= 7 &&
                ((type & 0xf0U) == 0xe0 || (type & 0xf0U) == 0xd0 || (type & 0xf0U) == 0xf0));
}

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/rdp/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/rdp/states.def"
#undef STATE
};

}  // namespace
}  // namespace rdp

const ProtocolInfo proto_rdp{.id = AppProto::rdp,
                             .name = "rdp",
                             .over_tcp = true,
                             .probe = rdp::probe,
                             .probe_ports = {.tcp = "3389"},
                             .configure = rdp::configure,
                             .states_to_server = rdp::kStatesToServer,
                             .states_to_client = rdp::kStatesToClient};

}  // namespace weir
