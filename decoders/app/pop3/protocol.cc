// The row of POP3 in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/pop3/pop3.h"
#include "decoders/text.h"

namespace weir {
namespace pop3 {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings& s) {
  return factory_of<Pop3Parser>(Pop3Settings::from(s));
}

constexpr std::uint16_t kUsualPorts[] = {110};
// Clients begin as those of FTP do; the server speaks first.
constexpr ProbePattern kPatterns[] = {
    {.bytes = "+OK ", .direction = Direction::to_client},
    {.bytes = "-ERR ", .direction = Direction::to_client},
};

// On POP3's port a client may begin with any command.
ProbeResult probe(Direction d, Bytes data) {
  if (d != Direction::to_server) return ProbeResult::no;
  constexpr std::size_t kLongestName = 4;
  const std::string_view text = as_text(data);
  const std::size_t end = text.find_first_of(" \r\n");
  if (end == std::string_view::npos)
    return text.size() <= kLongestName ? ProbeResult::need_more : ProbeResult::no;
  return yes_if(known_command(text.substr(0, end)) != nullptr);
}

constexpr std::string_view kStatesToServer[] = {
#define CLIENT_STATE(id, name) name,
#include "decoders/app/pop3/states.def"
};
constexpr std::string_view kStatesToClient[] = {
#define SERVER_STATE(id, name) name,
#include "decoders/app/pop3/states.def"
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/pop3/events.def"
#undef EVENT
};

}  // namespace
}  // namespace pop3

const ProtocolInfo proto_pop3{.id = AppProto::pop3,
                              .name = "pop3",
                              .over_tcp = true,
                              .patterns_tcp = pop3::kPatterns,
                              .probe = pop3::probe,
                              .probe_ports = {.tcp = "110"},
                              .usual_ports = pop3::kUsualPorts,
                              .configure = pop3::configure,
                              .states_to_server = pop3::kStatesToServer,
                              .states_to_client = pop3::kStatesToClient,
                              .events = pop3::kEvents,
                              .files = {.to_client = 0, .several = true}};

}  // namespace weir
