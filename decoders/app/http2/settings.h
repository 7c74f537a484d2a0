// What the configuration says of HTTP/2 (app-layer.protocols.http2), and what can go wrong in it.
#pragma once

#include <cstdint>

#include "decoders/app/http/settings.h"
#include "decoders/settings.h"

namespace weir::http2 {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/http2/events.def"
#undef EVENT
};

enum class FrameKind : std::uint8_t {
#define FRAME(id, name) id,
#include "decoders/app/http2/frames.def"
#undef FRAME
};

struct Http2Settings {
  std::size_t max_streams = 4096;              // open at one time on a connection
  std::size_t max_table_bytes = 65536;         // of a header table, whatever the peers agree on
  std::size_t max_reassembly_bytes = 102'400;  // of a header block in several frames
  http::HttpSettings http;                     // of messages and bodies

  static Http2Settings from(const Settings& settings);
};

}  // namespace weir::http2
