// What the configuration says of HTTP (app-layer.protocols.http.libhtp.default-config, and byterange beside it), and what can
// go wrong in it.
#pragma once

#include <cstdint>

#include "decoders/app/part_joiner.h"
#include "decoders/app/streamed_body.h"
#include "decoders/settings.h"

namespace weir::http {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/http/events.def"
#undef EVENT
};

// Of Flash files that are bodies of responses.
struct SwfSettings {
  bool deflate = false, lzma = false;  // which compression is taken off
  // Of compressed bytes, and of what they give; 0: as far as the program goes.
  std::uint64_t compress_depth = 100 * 1024, decompress_depth = 100 * 1024;
};

struct HttpSettings {
  // Files end at the limits, too; repetitions count there.
  BodyLimits request_body{100 * 1024, 32 * 1024, 4 * 1024};
  BodyLimits response_body{100 * 1024, 40 * 1024, 16 * 1024};
  std::uint32_t decompress_layers = 5;
  std::uint64_t bomb_limit = 1024 * 1024;  // bytes of output from which the ratio to the input counts
  SwfSettings swf;
  bool lzma = false;
  std::uint64_t lzma_memory = 1024 * 1024;
  bool double_decode_path = false, double_decode_query = false;
  bool plus_is_space = false;
  bool uri_include_all = false;
  std::uint32_t max_transactions = 512;                       // open at one time in a flow
  std::size_t max_transaction_bytes = std::size_t{64} << 20;  // that those hold together
  enum class AtOnce : std::uint8_t { inline_only, always, never };
  AtOnce bodies_at_once =
      AtOnce::inline_only;  // looked at as their bytes come, not when there is enough of them
  // Of files that come in several responses; rules see of them what they see of a response's body
  JoinLimits byterange;

  [[nodiscard]] bool at_once(bool requested) const {
    return bodies_at_once == AtOnce::always || (bodies_at_once == AtOnce::inline_only && requested);
  }

  // `settings` is the protocol's subtree.
  static HttpSettings from(const Settings& settings);
};

// A start line or header line of more bytes gets an event (field_too_long). Where lines are something else than those,
// one is not waited for any longer.
inline constexpr std::size_t kLongLineBytes = 18000;
// So much of a request line or header line is kept; what is behind it is passed over. Clients take lines of 100 kB.
inline constexpr std::size_t kMaxLineBytes = 256 * 1024;
// Header bytes kept of one message; what is beyond is dropped with an event.
inline constexpr std::size_t kMaxHeaderBytes = 512 * 1024;

}  // namespace weir::http
