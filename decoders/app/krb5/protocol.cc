// The row of Kerberos in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace krb5 {
namespace {

// RFC 4120 5.10, 7.2.2. APPLICATION tags of the messages; over TCP a length of four bytes comes first.
ProbeResult probe(Direction, Bytes data) {
  const auto is_message = [](std::uint8_t tag) {
    return tag == 0x7e || (tag >= 0x6a && tag <= 0x6f) || tag == 0x74 || tag == 0x75;
  };
  ByteCursor in{data};
  const std::uint8_t first = in.u8();
  if (is_message(first)) return yes_if(data.size() >= 8);
  if (first != 0) return ProbeResult::no;
  const std::uint32_t length = in.be24();
  const std::uint8_t tag = in.u8();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(is_message(tag) && length > 8);
}

}  // namespace
}  // namespace krb5

const ProtocolInfo proto_krb5{.id = AppProto::krb5,
                              .name = "krb5",
                              .over_tcp = true,
                              .over_udp = true,
                              .probe = krb5::probe,
                              .probe_ports = {.tcp = "88", .udp = "88"}};

}  // namespace weir
