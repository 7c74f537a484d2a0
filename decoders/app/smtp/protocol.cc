// The row of SMTP in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {
namespace smtp {
namespace {

constexpr ProbePattern kPatterns[] = {
    {.bytes = "EHLO", .nocase = true},
    {.bytes = "HELO", .nocase = true},
    {.bytes = "QUIT", .nocase = true},
};

}  // namespace
}  // namespace smtp

const ProtocolInfo proto_smtp{.id = AppProto::smtp,
                              .name = "smtp",
                              .over_tcp = true,
                              .patterns_tcp = smtp::kPatterns,
                              .files = {.to_server = 0}};

}  // namespace weir
