// The row of HTTP/1 in the table of protocols.
#include <array>

#include "decoders/app/http/parser.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/protocol.h"

namespace weir {
namespace http {
namespace {

constexpr std::string_view kAliases[] = {"http1"};
constexpr auto kBody = static_cast<std::uint8_t>(State::body);

constexpr ProbePattern method(std::string_view text) {
  return {.bytes = text, .nocase = true, .direction = Direction::to_server};
}
constexpr ProbePattern version(std::string_view text) {
  return {.bytes = text, .nocase = true, .direction = Direction::to_client};
}

#define BOTH_BLANKS(name) method(name " "), method(name "\t")
constexpr std::uint16_t kUsualPorts[] = {80, 8080};
constexpr std::array kPatterns{BOTH_BLANKS("GET"),
                               BOTH_BLANKS("PUT"),
                               BOTH_BLANKS("POST"),
                               BOTH_BLANKS("HEAD"),
                               BOTH_BLANKS("TRACE"),
                               BOTH_BLANKS("OPTIONS"),
                               BOTH_BLANKS("CONNECT"),
                               BOTH_BLANKS("DELETE"),
                               BOTH_BLANKS("PATCH"),
                               BOTH_BLANKS("PROPFIND"),
                               BOTH_BLANKS("PROPPATCH"),
                               BOTH_BLANKS("MKCOL"),
                               BOTH_BLANKS("COPY"),
                               BOTH_BLANKS("MOVE"),
                               BOTH_BLANKS("LOCK"),
                               BOTH_BLANKS("UNLOCK"),
                               BOTH_BLANKS("CHECKOUT"),
                               BOTH_BLANKS("UNCHECKOUT"),
                               BOTH_BLANKS("CHECKIN"),
                               BOTH_BLANKS("UPDATE"),
                               BOTH_BLANKS("LABEL"),
                               BOTH_BLANKS("REPORT"),
                               BOTH_BLANKS("MKWORKSPACE"),
                               BOTH_BLANKS("MKACTIVITY"),
                               BOTH_BLANKS("MERGE"),
                               BOTH_BLANKS("INVALID"),
                               BOTH_BLANKS("VERSION-CONTROL"),
                               BOTH_BLANKS("BASELINE-CONTROL"),
                               version("HTTP/0.9"),
                               version("HTTP/1.0"),
                               version("HTTP/1.1")};
#undef BOTH_BLANKS

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/http/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/http/states.def"
#undef STATE
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/http/events.def"
#undef EVENT
};

constexpr std::string_view kFrames[] = {
#define FRAME(id, name) name,
#include "decoders/app/http/frames.def"
#undef FRAME
};

std::unique_ptr<const ParserFactory> configure(const Settings& settings) {
  return factory_of<HttpParser>(HttpSettings::from(settings));
}

}  // namespace
}  // namespace http

const ProtocolInfo proto_http{.id = AppProto::http,
                              .name = "http",
                              .aliases = http::kAliases,
                              .over_tcp = true,
                              .patterns_tcp = http::kPatterns,
                              .usual_ports = http::kUsualPorts,
                              .configure = http::configure,
                              .states_to_server = http::kStatesToServer,
                              .states_to_client = http::kStatesToClient,
                              .events = http::kEvents,
                              .frames = http::kFrames,
                              .files = {.to_server = http::kBody, .to_client = http::kBody},
                              .skips_line_ends = true,
                              .client_first = true};

}  // namespace weir
