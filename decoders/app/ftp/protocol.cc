// The row of FTP in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/ftp/ftp.h"
#include "decoders/app/parser_factory.h"
#include "decoders/text.h"

namespace weir {
namespace ftp {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings& s) {
  return factory_of<FtpParser>(FtpSettings::from(s));
}

constexpr std::uint16_t kUsualPorts[] = {21};
constexpr ProbePattern kPatterns[] = {
    {.bytes = "220 (", .direction = Direction::to_client},
    {.bytes = "220 ProFTPD", .direction = Direction::to_client},
    {.bytes = "FEAT", .nocase = true},
    {.bytes = "USER ", .nocase = true},
    {.bytes = "PASS ", .nocase = true},
    {.bytes = "PORT ", .nocase = true},
    {.bytes = "EPRT ", .nocase = true},
};

// On FTP's port a client may begin with any command.
ProbeResult probe(Direction d, Bytes data) {
  if (d != Direction::to_server) return ProbeResult::no;
  const std::string_view text = as_text(data);
  const std::size_t end = text.find_first_of(" \r\n");
  if (end == std::string_view::npos)
    return text.size() < kMaxCommandName ? ProbeResult::need_more : ProbeResult::no;
  return yes_if(is_known_command(text.substr(0, end)));
}

constexpr std::string_view kStatesToServer[] = {
#define CLIENT_STATE(id, name) name,
#include "decoders/app/ftp/states.def"
};
constexpr std::string_view kStatesToClient[] = {
#define SERVER_STATE(id, name) name,
#include "decoders/app/ftp/states.def"
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/ftp/events.def"
#undef EVENT
};

}  // namespace
}  // namespace ftp

const ProtocolInfo proto_ftp{.id = AppProto::ftp,
                             .name = "ftp",
                             .over_tcp = true,
                             .patterns_tcp = ftp::kPatterns,
                             .probe = ftp::probe,
                             .probe_ports = {.tcp = "21"},
                             .usual_ports = ftp::kUsualPorts,
                             .configure = ftp::configure,
                             .states_to_server = ftp::kStatesToServer,
                             .states_to_client = ftp::kStatesToClient,
                             .events = ftp::kEvents};

}  // namespace weir
