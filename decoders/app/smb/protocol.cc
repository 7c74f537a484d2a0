// The row of SMB in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/smb/smb.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace smb {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings& s) {
  return factory_of<SmbParser>(SmbSettings::from(s));
}

constexpr AppProto kSharesRulesOf[] = {AppProto::dcerpc};

constexpr std::uint16_t kUsualPorts[] = {139, 445};
constexpr ProbePattern kPatterns[] = {
    {.bytes = "\xffSMB", .offset = 4, .direction = Direction::to_server},
    {.bytes = "\xffSMB", .offset = 4, .direction = Direction::to_client},
    {.bytes = "\xfeSMB", .offset = 4, .direction = Direction::to_server},
    {.bytes = "\xfeSMB", .offset = 4, .direction = Direction::to_client},
    {.bytes = "\xfdSMB", .offset = 4, .direction = Direction::to_server},
    {.bytes = "\xfdSMB", .offset = 4, .direction = Direction::to_client},
    {.bytes = "\xfcSMB", .offset = 4, .direction = Direction::to_server},
    {.bytes = "\xfcSMB", .offset = 4, .direction = Direction::to_client},
};

// A connection that is joined midway may be turned round: its messages say who answers.
ProbeResult way_of(Direction d, std::uint32_t magic, ByteCursor header) {
  const bool is_smb1 = magic >> 24U == 0xff;
  header.skip(is_smb1 ? 5 : 12);  // behind the protocol, up to Flags
  const bool is_response = is_smb1 ? (header.u8() & 0x80U) != 0 : (header.le32() & 1U) != 0;
  if (magic >> 24U < 0xfe) return ProbeResult::yes_by_port;
  if (header.failed()) return ProbeResult::yes;
  return is_response == (d == Direction::to_client) ? ProbeResult::yes : ProbeResult::yes_reversed;
}

// NetBIOS session service, RFC 1002 4.3
ProbeResult probe(Direction d, Bytes data) {
  ByteCursor in{data};
  const std::uint8_t type = in.u8();
  in.skip(3);
  if (in.failed()) return ProbeResult::need_more;
  if (type == 0x81 || type == 0x82 || type == 0x83 || type == 0x85) return ProbeResult::yes;
  if (type != 0x00) return ProbeResult::no;
  const std::uint32_t magic = in.be32();
  if (in.failed()) return ProbeResult::need_more;
  if ((magic & 0xffffff) != 0x534d42 || magic >> 24U < 0xfc) return ProbeResult::no;
  return way_of(d, magic, in);
}

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/smb/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/smb/states.def"
#undef STATE
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/smb/events.def"
#undef EVENT
};

constexpr std::string_view kFrames[] = {
#define FRAME(id, name) name,
#include "decoders/app/smb/frames.def"
#undef FRAME
};

}  // namespace
}  // namespace smb

const ProtocolInfo proto_smb{.id = AppProto::smb,
                             .name = "smb",
                             .shares_rules_of = smb::kSharesRulesOf,
                             .over_tcp = true,
                             .patterns_tcp = smb::kPatterns,
                             .probe = smb::probe,
                             .probe_ports = {.tcp = "139,445"},
                             .usual_ports = smb::kUsualPorts,
                             .confirm = smb::probe,
                             .configure = smb::configure,
                             .states_to_server = smb::kStatesToServer,
                             .states_to_client = smb::kStatesToClient,
                             .events = smb::kEvents,
                             .frames = smb::kFrames,
                             .files = {.to_server = 0, .to_client = 0}};

}  // namespace weir
