#include "decoders/app/http2/settings.h"

#include <algorithm>

namespace weir::http2 {
namespace {

constexpr std::uint64_t kMostStreams = 65'536, kMostTableBytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t kMostReassembly = std::uint64_t{16} << 20U;

}  // namespace

// A body ends where inspection of the stream does, and not before.
Http2Settings Http2Settings::from(const Settings& s) {
  Http2Settings out;
  out.http.request_body.limit = out.http.response_body.limit = 0;
  out.max_streams = static_cast<std::size_t>(
      std::clamp<std::uint64_t>(s.number("max-streams", out.max_streams), 1, kMostStreams));
  out.max_table_bytes =
      static_cast<std::size_t>(std::min(s.bytes("max-table-size", out.max_table_bytes), kMostTableBytes));
  out.max_reassembly_bytes = static_cast<std::size_t>(
      std::min(s.bytes("max-reassembly-size", out.max_reassembly_bytes), kMostReassembly));
  return out;
}

}  // namespace weir::http2
