// The row of SSH in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/ssh/ssh.h"

namespace weir {
namespace ssh {
namespace {

Hassh read_hassh(const Settings& s) {
  if (s.text("hassh").value_or("auto") == "auto") return Hassh::on_request;
  return s.flag("hassh", false) ? Hassh::always : Hassh::never;
}

std::unique_ptr<const ParserFactory> configure(const Settings& s) {
  return factory_of<SshParser>(read_encryption_handling(s), read_hassh(s));
}

constexpr std::uint16_t kUsualPorts[] = {22};
constexpr ProbePattern kPatterns[] = {
    {.bytes = "SSH-", .direction = Direction::to_server},
    {.bytes = "SSH-", .direction = Direction::to_client},
};

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/ssh/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/ssh/states.def"
#undef STATE
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/ssh/events.def"
#undef EVENT
};

constexpr std::string_view kFrames[] = {
#define FRAME(id, name) name,
#include "decoders/app/ssh/frames.def"
#undef FRAME
};

}  // namespace
}  // namespace ssh

const ProtocolInfo proto_ssh{.id = AppProto::ssh,
                             .name = "ssh",
                             .over_tcp = true,
                             .patterns_tcp = ssh::kPatterns,
                             .usual_ports = ssh::kUsualPorts,
                             .configure = ssh::configure,
                             .states_to_server = ssh::kStatesToServer,
                             .states_to_client = ssh::kStatesToClient,
                             .events = ssh::kEvents,
                             .frames = ssh::kFrames,
                             .one_transaction = true};

}  // namespace weir
