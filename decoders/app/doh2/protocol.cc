// The row of DNS over HTTP/2 in the table of protocols. A connection of HTTP/2 turns out to be of it; it has no parser of its own.
#include "decoders/app/protocol.h"

namespace weir {
namespace doh2 {
namespace {

constexpr AppProto kIsAlso[] = {AppProto::http, AppProto::http2, AppProto::dns};

}  // namespace
}  // namespace doh2

const ProtocolInfo proto_doh2{
    .id = AppProto::doh2, .name = "doh2", .is_also = doh2::kIsAlso, .over_tcp = true};

}  // namespace weir
