// The row of TLS in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/tls/tls.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace tls {
namespace {

// "auto" makes them, too: that costs nothing until somebody looks.
bool is_made(const Settings& s, std::string_view setting) {
  const auto value = s.text(setting);
  return !value || parse_flag(*value).value_or(true);
}

std::unique_ptr<const ParserFactory> configure(const Settings& s) {
  return factory_of<TlsParser>(
      read_encryption_handling(s),
      Fingerprints{.ja3 = is_made(s, "ja3-fingerprints"), .ja4 = is_made(s, "ja4-fingerprints")});
}

// Record type and version. "\x16\x03" alone would do for handshakes; the other types are known with their
// version.
constexpr ProbePattern client(std::string_view bytes) {
  return {.bytes = bytes, .direction = Direction::to_server};
}
constexpr ProbePattern server(std::string_view bytes) {
  return {.bytes = bytes, .direction = Direction::to_client};
}

using namespace std::string_view_literals;

constexpr std::uint16_t kUsualPorts[] = {443};
constexpr ProbePattern kPatterns[] = {
    client("\x16\x03\x00"sv),
    client("\x16\x03\x01"sv),
    client("\x16\x03\x02"sv),
    client("\x16\x03\x03"sv),
    server("\x16\x03\x00"sv),
    server("\x16\x03\x01"sv),
    server("\x16\x03\x02"sv),
    server("\x16\x03\x03"sv),
    server("\x15\x03\x00"sv),
    server("\x15\x03\x01"sv),
    server("\x15\x03\x02"sv),
    server("\x15\x03\x03"sv),
    server("\x17\x03\x00"sv),
    server("\x17\x03\x01"sv),
    server("\x17\x03\x02"sv),
    server("\x17\x03\x03"sv),
    // SSLv2 hellos that offer SSLv2 to TLS 1.2: behind two bytes of length.
    {.bytes = "\x01\x00\x02"sv, .offset = 2, .depth = 5, .direction = Direction::to_server},
    {.bytes = "\x01\x03\x00"sv, .offset = 2, .depth = 5, .direction = Direction::to_server},
    {.bytes = "\x01\x03\x01"sv, .offset = 2, .depth = 5, .direction = Direction::to_server},
    {.bytes = "\x01\x03\x02"sv, .offset = 2, .depth = 5, .direction = Direction::to_server},
    {.bytes = "\x01\x03\x03"sv, .offset = 2, .depth = 5, .direction = Direction::to_server},
};

// The SSLv2 patterns are weak: the lengths behind them must make sense.
ProbeResult confirm(Direction, Bytes data) {
  if (data.empty() || (data[0] & 0x80U) == 0) return ProbeResult::yes;
  ByteCursor in{data};
  const std::size_t length = in.be16() & 0x7fffU;
  in.skip(3);  // type, version
  const std::size_t ciphers = in.be16(), session = in.be16(), challenge = in.be16();
  if (in.failed()) return ProbeResult::need_more;
  const bool sane = ciphers % 3 == 0 && ciphers != 0 && challenge >= 16 && challenge <= 32 &&
                    9 + ciphers + session + challenge == length;
  return sane ? ProbeResult::yes : ProbeResult::no;
}

constexpr std::string_view kStatesToServer[] = {
#define CLIENT_STATE(id, name) name,
#include "decoders/app/tls/states.def"
};
constexpr std::string_view kStatesToClient[] = {
#define SERVER_STATE(id, name) name,
#include "decoders/app/tls/states.def"
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/tls/events.def"
#undef EVENT
};

constexpr std::string_view kFrames[] = {
#define FRAME(id, name) name,
#include "decoders/app/tls/frames.def"
#undef FRAME
};

constexpr ProtocolFeature kFeatures[] = {{"ja3", "ja3-fingerprints"}, {"ja4", "ja4-fingerprints"}};

}  // namespace
}  // namespace tls

const ProtocolInfo proto_tls{.id = AppProto::tls,
                             .name = "tls",
                             .over_tcp = true,
                             .patterns_tcp = tls::kPatterns,
                             .usual_ports = tls::kUsualPorts,
                             .confirm = tls::confirm,
                             .configure = tls::configure,
                             .states_to_server = tls::kStatesToServer,
                             .states_to_client = tls::kStatesToClient,
                             .events = tls::kEvents,
                             .frames = tls::kFrames,
                             .features = tls::kFeatures,
                             .one_transaction = true,
                             .client_first = true,
                             .missing_event = "applayer_no_tls_after_starttls"};

}  // namespace weir
