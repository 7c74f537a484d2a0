// The row of NTP in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/ntp/ntp.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace ntp {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings&) {
  return factory_of<NtpParser>();
}

// RFC 5905 7.3
ProbeResult probe(Direction, Bytes data) {
  constexpr std::size_t kMinimum = 48, kControlMinimum = 12;
  ByteCursor in{data};
  const std::uint8_t first = in.u8();
  const auto version = static_cast<unsigned>(first >> 3U) & 7U, mode = first & 7U;
  if (version < 1 || version > 4 || mode == 0) return ProbeResult::no;
  return yes_if(data.size() >= (mode >= 6 ? kControlMinimum : kMinimum));
}

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/ntp/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/ntp/states.def"
#undef STATE
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/ntp/events.def"
#undef EVENT
};

}  // namespace
}  // namespace ntp

const ProtocolInfo proto_ntp{.id = AppProto::ntp,
                             .name = "ntp",
                             .over_udp = true,
                             .probe = ntp::probe,
                             .probe_ports = {.udp = "123"},
                             .configure = ntp::configure,
                             .states_to_server = ntp::kStatesToServer,
                             .states_to_client = ntp::kStatesToClient,
                             .events = ntp::kEvents};

}  // namespace weir
