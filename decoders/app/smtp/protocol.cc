// The row of SMTP in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/smtp/smtp.h"

namespace weir {
namespace smtp {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings& s) {
  return factory_of<SmtpParser>(SmtpSettings::from(s));
}

constexpr std::uint16_t kUsualPorts[] = {25, 587};
constexpr ProbePattern kPatterns[] = {
    {.bytes = "EHLO", .nocase = true},
    {.bytes = "HELO", .nocase = true},
    {.bytes = "QUIT", .nocase = true},
};

constexpr std::string_view kStatesToServer[] = {
#define CLIENT_STATE(id, name) name,
#include "decoders/app/smtp/states.def"
};
constexpr std::string_view kStatesToClient[] = {
#define SERVER_STATE(id, name) name,
#include "decoders/app/smtp/states.def"
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/smtp/events.def"
#undef EVENT
};

constexpr std::string_view kFrames[] = {
#define FRAME(id, name) name,
#include "decoders/app/smtp/frames.def"
#undef FRAME
};

}  // namespace
}  // namespace smtp

const ProtocolInfo proto_smtp{
    .id = AppProto::smtp,
    .name = "smtp",
    .over_tcp = true,
    .patterns_tcp = smtp::kPatterns,
    .usual_ports = smtp::kUsualPorts,
    .configure = smtp::configure,
    .states_to_server = smtp::kStatesToServer,
    .states_to_client = smtp::kStatesToClient,
    .events = smtp::kEvents,
    .frames = smtp::kFrames,
    .files = {.to_server = static_cast<std::uint8_t>(smtp::ClientState::data), .several = true}};

}  // namespace weir
