// The row of HTTP/2 in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/http2/parser.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace http2 {
namespace {

constexpr AppProto kIsAlso[] = {AppProto::http};
constexpr ProtocolFeature kFeatures[] = {{"http2"}};
constexpr AppProto kSharesRulesOf[] = {AppProto::doh2};
constexpr auto kBody = static_cast<std::uint8_t>(http::State::body);

constexpr ProbePattern kPatterns[] = {
    {.bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {.bytes = {"\x00\x00", 2}, .direction = Direction::to_client},
};

// RFC 9113 3.4: the server starts with SETTINGS
ProbeResult confirm(Direction d, Bytes data) {
  if (d == Direction::to_server) return ProbeResult::yes;
  ByteCursor in{data};
  const std::uint32_t length = in.be24();
  const std::uint8_t type = in.u8(), flags = in.u8();
  const std::uint32_t stream = in.be32();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(type == 4 && flags == 0 && stream == 0 && length % 6 == 0 && length <= 16384);
}

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
#include "decoders/app/http2/events.def"
#undef EVENT
};

constexpr std::string_view kFrames[] = {
#define FRAME(id, name) name,
#include "decoders/app/http2/frames.def"
#undef FRAME
};

std::unique_ptr<const ParserFactory> configure(const Settings& settings) {
  return factory_of<Http2Parser>(Http2Settings::from(settings));
}

}  // namespace
}  // namespace http2

const ProtocolInfo proto_http2{.id = AppProto::http2,
                               .name = "http2",
                               .is_also = http2::kIsAlso,
                               .shares_rules_of = http2::kSharesRulesOf,
                               .over_tcp = true,
                               .patterns_tcp = http2::kPatterns,
                               .confirm = http2::confirm,
                               .configure = http2::configure,
                               .states_to_server = http2::kStatesToServer,
                               .states_to_client = http2::kStatesToClient,
                               .events = http2::kEvents,
                               .frames = http2::kFrames,
                               .files = {.to_server = http2::kBody, .to_client = http2::kBody},
                               .features = http2::kFeatures};

}  // namespace weir
