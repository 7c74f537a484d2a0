// The row of Kerberos in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/krb5/krb5.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace krb5 {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings&) {
  return factory_of<Krb5Parser>();
}

// RFC 4120 5.10, 7.2.2. APPLICATION tags of the messages; over TCP a length of four bytes comes first.
ProbeResult probe(Direction, Bytes data) {
  const auto is_message = [](std::uint8_t tag) { return kind_of(tag) != Kind::none; };
  ByteCursor in{data};
  const std::uint8_t first = in.u8();
  if (is_message(first)) return yes_if(data.size() >= 8);
  if (first != 0) return ProbeResult::no;
  const std::uint32_t length = in.be24();
  const std::uint8_t tag = in.u8();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(is_message(tag) && length > 8);
}

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/krb5/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/krb5/states.def"
#undef STATE
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/krb5/events.def"
#undef EVENT
};

}  // namespace
}  // namespace krb5

const ProtocolInfo proto_krb5{.id = AppProto::krb5,
                              .name = "krb5",
                              .over_tcp = true,
                              .over_udp = true,
                              .probe = krb5::probe,
                              .probe_ports = {.tcp = "88", .udp = "88"},
                              .configure = krb5::configure,
                              .states_to_server = krb5::kStatesToServer,
                              .states_to_client = krb5::kStatesToClient,
                              .events = krb5::kEvents};

}  // namespace weir
