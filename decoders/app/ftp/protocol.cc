// The row of FTP in the table of protocols: it is recognised, but not parsed.
#include "decoders/app/protocol.h"

namespace weir {
namespace ftp {
namespace {

constexpr ProbePattern kPatterns[] = {
    {.bytes = "220 (", .direction = Direction::to_client},
    {.bytes = "FEAT", .nocase = true},
    {.bytes = "USER ", .nocase = true},
    {.bytes = "PASS ", .nocase = true},
    {.bytes = "PORT ", .nocase = true},
    {.bytes = "EPRT ", .nocase = true},
};

}  // namespace
}  // namespace ftp

const ProtocolInfo proto_ftp{
    .id = AppProto::ftp, .name = "ftp", .over_tcp = true, .patterns_tcp = ftp::kPatterns};

}  // namespace weir
