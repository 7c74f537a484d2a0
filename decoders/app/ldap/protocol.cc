// The row of LDAP in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/ldap/ldap.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/probe.h"
#include "decoders/ber.h"

namespace weir {
namespace ldap {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings& s) {
  return factory_of<LdapParser>(LdapSettings::from(s));
}

constexpr std::size_t kMaxFirst = std::size_t{1} << 24U;  // larger messages do not start a conversation

// RFC 4511 4.1.1. Some servers write every length in four bytes.
ProbeResult probe(Direction, Bytes data) {
  ByteCursor in{data};
  if (in.u8() != 0x30) return ProbeResult::no;
  const std::size_t length = read_ber_length(in);
  if (length >= kMaxFirst) return ProbeResult::no;
  if (in.u8() != 0x02) return in.failed() ? ProbeResult::need_more : ProbeResult::no;
  const std::size_t id_length = read_ber_length(in);
  if (id_length == 0 || id_length > 4) return in.failed() ? ProbeResult::need_more : ProbeResult::no;
  in.skip(id_length);
  const std::uint8_t operation = in.u8();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if((operation & 0xc0U) == 0x40 && (operation & 0x1fU) <= 25);
}

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/ldap/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/ldap/states.def"
#undef STATE
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/ldap/events.def"
#undef EVENT
};

}  // namespace
}  // namespace ldap

const ProtocolInfo proto_ldap{.id = AppProto::ldap,
                              .name = "ldap",
                              .over_tcp = true,
                              .over_udp = true,
                              .probe = ldap::probe,
                              .probe_ports = {.tcp = "389,3268", .udp = "389,3268"},
                              .configure = ldap::configure,
                              .states_to_server = ldap::kStatesToServer,
                              .states_to_client = ldap::kStatesToClient,
                              .events = ldap::kEvents};

}  // namespace weir
