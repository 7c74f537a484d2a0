// The row of LDAP in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/ber.h"

namespace weir {
namespace ldap {
namespace {

constexpr unsigned kMaxLengthBytes = 3;  // larger messages do not start a conversation

// RFC 4511 4.1.1
ProbeResult probe(Direction, Bytes data) {
  ByteCursor in{data};
  if (in.u8() != 0x30) return ProbeResult::no;
  (void)read_ber_length(in, kMaxLengthBytes);
  if (in.u8() != 0x02) return in.failed() ? ProbeResult::need_more : ProbeResult::no;
  const std::size_t id_length = read_ber_length(in, kMaxLengthBytes);
  if (id_length == 0 || id_length > 4) return in.failed() ? ProbeResult::need_more : ProbeResult::no;
  in.skip(id_length);
  const std::uint8_t operation = in.u8();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if((operation & 0xc0U) == 0x40 && (operation & 0x1fU) <= 25);
}

}  // namespace
}  // namespace ldap

const ProtocolInfo proto_ldap{.id = AppProto::ldap,
                              .name = "ldap",
                              .over_tcp = true,
                              .over_udp = true,
                              .probe = ldap::probe,
                              .probe_ports = {.tcp = "389,3268", .udp = "389,3268"}};

}  // namespace weir
