// A message body or file that arrives in chunks, and the window of it that rules may look at.
//
// Memory is bounded: at most `limit` bytes of the body are kept at all, and after detection looked at the window
// everything but the last `inspect_window` bytes is let go (`mark_inspected`). Cost of append is linear in the
// chunk. Not thread-safe; owned by its transaction.
#pragma once

#include <cstdint>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir {

struct BodyLimits {
  std::uint64_t limit = 100 * 1024;            // bytes kept for inspection in all; 0 means no limit
  std::uint32_t inspect_min_size = 32 * 1024;  // not shown before so many bytes are there, or the body ended
  std::uint32_t inspect_window = 4 * 1024;     // bytes already inspected that are shown again with the next ones
};

// What a rule sees. `data` is valid until the body changes.
struct BodyView {
  Bytes data;
  std::uint64_t offset = 0;  // position of data[0] in the body
  bool complete = false;     // nothing will follow
};

class StreamedBody {
 public:
  StreamedBody() = default;
  explicit StreamedBody(BodyLimits limits) : limits_(limits) {}

  void append(Bytes chunk);
  // No more bytes will come (end of message, limit of the flow, end of the connection).
  void finish() { complete_ = true; }

  // Bytes that the window takes.
  [[nodiscard]] std::size_t held() const { return window_.capacity(); }
  // Bytes seen in all, kept or not.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool complete() const { return complete_; }
  // There is something that detection has not seen, and enough of it to look at.
  [[nodiscard]] bool ready() const;
  [[nodiscard]] BodyView view() const;
  // Detection has run over view(): slides the window.
  void mark_inspected();

 private:
  BodyLimits limits_;
  SlabVector<std::uint8_t> window_;
  std::uint64_t window_offset_ = 0;  // position of window_[0] in the body
  std::uint64_t inspected_ = 0;      // bytes of the body that detection has seen
  std::uint64_t kept_ = 0;           // bytes ever put into the window
  std::uint64_t size_ = 0;
  bool complete_ = false;
  bool shown_complete_ = false;
};

}  // namespace weir
