// The row of IMAP in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/imap/imap.h"
#include "decoders/app/parser_factory.h"
#include "decoders/text.h"

namespace weir {
namespace imap {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings& s) {
  return factory_of<ImapParser>(ImapSettings::from(s));
}

constexpr std::uint16_t kUsualPorts[] = {143};
// The server speaks first.
constexpr ProbePattern kPatterns[] = {
    {.bytes = "* OK ", .direction = Direction::to_client},
    {.bytes = "1 capability", .nocase = true},
};

// On IMAP's port a client may begin with any tag and command.
ProbeResult probe(Direction d, Bytes data) {
  if (d != Direction::to_server) return ProbeResult::no;
  constexpr std::size_t kLongest = 64;  // of a tag and a command
  std::string_view rest = as_text(data).substr(0, kLongest);
  const std::size_t end = rest.find_first_of("\r\n");
  if (end == std::string_view::npos && rest.size() < kLongest) return ProbeResult::need_more;
  rest = rest.substr(0, end);
  (void)take_word(rest);
  return yes_if(is_known_command(take_word(rest)));
}

constexpr std::string_view kStatesToServer[] = {
#define CLIENT_STATE(id, name) name,
#include "decoders/app/imap/states.def"
};
constexpr std::string_view kStatesToClient[] = {
#define SERVER_STATE(id, name) name,
#include "decoders/app/imap/states.def"
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/imap/events.def"
#undef EVENT
};

}  // namespace
}  // namespace imap

const ProtocolInfo proto_imap{.id = AppProto::imap,
                              .name = "imap",
                              .over_tcp = true,
                              .patterns_tcp = imap::kPatterns,
                              .probe = imap::probe,
                              .probe_ports = {.tcp = "143"},
                              .usual_ports = imap::kUsualPorts,
                              .configure = imap::configure,
                              .states_to_server = imap::kStatesToServer,
                              .states_to_client = imap::kStatesToClient,
                              .events = imap::kEvents,
                              .files = {.to_server = 0, .to_client = 0, .several = true}};

}  // namespace weir
