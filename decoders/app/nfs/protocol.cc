// The row of NFS in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace nfs {
namespace {

// RFC 5531 9, 11
ProbeResult probe(Direction, Bytes data) {
  constexpr std::uint32_t kNfs = 100003, kRpcVersion = 2, kMaxRecord = 1U << 21U;
  ByteCursor in{data};
  // Over TCP a record mark stands before the xid; its first bit says "last fragment".
  const std::uint32_t mark = in.be32();
  if (in.failed()) return ProbeResult::need_more;
  const bool stream =
      (mark & 0x80000000U) != 0 && (mark & 0x7fffffffU) <= kMaxRecord && (mark & 0x7fffffffU) >= 24;
  const auto looks_right = [](ByteCursor body) {
    const std::uint32_t type = body.be32(), first = body.be32(), second = body.be32();
    if (body.failed()) return ProbeResult::need_more;
    if (type == 0) return yes_if(first == kRpcVersion && second == kNfs);
    return yes_if(type == 1 && first <= 1 && second <= 13);  // reply status, flavour of its verifier
  };
  ByteCursor datagram = in;
  if (stream) {
    in.skip(4);
    const ProbeResult answer = looks_right(in);
    if (answer != ProbeResult::no) return answer;
  }
  return looks_right(datagram);
}

}  // namespace
}  // namespace nfs

const ProtocolInfo proto_nfs{.id = AppProto::nfs,
                             .name = "nfs",
                             .over_tcp = true,
                             .over_udp = true,
                             .probe = nfs::probe,
                             .probe_ports = {.tcp = "2049", .udp = "2049"},
                             .files = {.to_server = 0, .to_client = 0}};

}  // namespace weir
