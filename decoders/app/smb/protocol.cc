// The row of SMB in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"
#include "decoders/app/probe.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace smb {
namespace {

constexpr AppProto kSharesRulesOf[] = {AppProto::dcerpc};

constexpr ProbePattern kPatterns[] = {
    {.bytes = "\xffSMB", .offset = 4, .direction = Direction::to_server},
    {.bytes = "\xffSMB", .offset = 4, .direction = Direction::to_client},
    {.bytes = "\xfeSMB", .offset = 4, .direction = Direction::to_server},
    {.bytes = "\xfeSMB", .offset = 4, .direction = Direction::to_client},
    {.bytes = "\xfdSMB", .offset = 4, .direction = Direction::to_server},
    {.bytes = "\xfdSMB", .offset = 4, .direction = Direction::to_client},
};

// NetBIOS session service, RFC 1002 4.3
ProbeResult probe(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint8_t type = in.u8();
  in.skip(3);
  if (in.failed()) return ProbeResult::need_more;
  if (type == 0x81 || type == 0x82 || type == 0x83 || type == 0x85) return ProbeResult::yes;
  if (type != 0x00) return ProbeResult::no;
  const std::uint32_t magic = in.be32();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if((magic & 0xffffff) == 0x534d42 && (magic >> 24U) >= 0xfd);
}

}  // namespace
}  // namespace smb

const ProtocolInfo proto_smb{.id = AppProto::smb,
                             .name = "smb",
                             .shares_rules_of = smb::kSharesRulesOf,
                             .over_tcp = true,
                             .patterns_tcp = smb::kPatterns,
                             .probe = smb::probe,
                             .probe_ports = {.tcp = "139,445"},
                             .files = {.to_server = 0, .to_client = 0}};

}  // namespace weir
