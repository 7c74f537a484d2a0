// The row of NFS in the table of protocols.
#include "decoders/app/protocol.h"
#include "decoders/app/nfs/nfs.h"
#include "decoders/app/parser_factory.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace nfs {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings& s) {
  return factory_of<NfsParser>(NfsSettings::from(s));
}

// A call of the program, behind the number of the call: RFC 5531 9.
constexpr std::string_view kCall{"\0\0\0\0\0\0\0\x02\0\x01\x86\xa3", 12};
constexpr ProbePattern kPatternsTcp[] = {{.bytes = kCall, .offset = 8}};
constexpr ProbePattern kPatternsUdp[] = {{.bytes = kCall, .offset = 4}};

// Over TCP a record mark stands before the number of the call.
ProbeResult probe(Direction d, Bytes data) {
  constexpr std::uint32_t kShortest = 24, kLongest = 1U << 21U;
  if (data.size() < kRecordMark) return ProbeResult::need_more;
  const RecordMark mark = parse_record_mark(data.first(kRecordMark));
  if (mark.is_last && mark.length <= kLongest && mark.length >= kShortest)
    if (const ProbeResult answer = probe_message(d, data.subspan(kRecordMark)); answer != ProbeResult::no)
      return answer;
  return probe_message(d, data);
}

constexpr std::string_view kStatesToServer[] = {
#define STATE(id, to_server, to_client) to_server,
#include "decoders/app/nfs/states.def"
#undef STATE
};

constexpr std::string_view kStatesToClient[] = {
#define STATE(id, to_server, to_client) to_client,
#include "decoders/app/nfs/states.def"
#undef STATE
};

constexpr AppEventName kEvents[] = {
#define EVENT(id, ...) {__VA_ARGS__},
#include "decoders/app/nfs/events.def"
#undef EVENT
};

constexpr std::string_view kFrames[] = {
#define FRAME(id, name) name,
#include "decoders/app/nfs/frames.def"
#undef FRAME
};

}  // namespace
}  // namespace nfs

const ProtocolInfo proto_nfs{.id = AppProto::nfs,
                             .name = "nfs",
                             .over_tcp = true,
                             .over_udp = true,
                             .patterns_tcp = nfs::kPatternsTcp,
                             .patterns_udp = nfs::kPatternsUdp,
                             .probe = nfs::probe,
                             .probe_ports = {.tcp = "2049", .udp = "2049"},
                             .configure = nfs::configure,
                             .states_to_server = nfs::kStatesToServer,
                             .states_to_client = nfs::kStatesToClient,
                             .events = nfs::kEvents,
                             .frames = nfs::kFrames,
                             .files = {.to_server = 0, .to_client = 0}};

}  // namespace weir
