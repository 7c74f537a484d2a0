// The row of TFTP in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/probe.h"
#include "decoders/app/tftp/tftp.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace tftp {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings&) {
  return factory_of<TftpParser>();
}

// RFC 1350 5
ProbeResult probe(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint16_t opcode = in.be16();
  in.skip(2);
  return yes_if(!in.failed() && opcode >= 1 && opcode <= 5);
}

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/tftp/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/tftp/states.def"
#undef STATE
};

}  // namespace
}  // namespace tftp

const ProtocolInfo proto_tftp{.id = AppProto::tftp,
                              .name = "tftp",
                              .over_udp = true,
                              .probe = tftp::probe,
                              .probe_ports = {.udp = "69"},
                              .configure = tftp::configure,
                              .states_to_server = tftp::kStatesToServer,
                              .states_to_client = tftp::kStatesToClient,
                              .files = {.to_server = 0, .to_client = 0}};

}  // namespace weir
