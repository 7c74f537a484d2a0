// A message body or file that arrives in chunks, and the window of it that rules may look at.
//
// `limit` counts what there is to look at: blocks of kRepeatBlock bytes that are the same as what stands kRepeatDistance
// bytes before them (zeros, blanks, a few bytes over and over) do not count, so that padding does not hide what is behind it.
// After detection looked at the window everything but the last `inspect_window` bytes is let go (`mark_inspected`). Until
// then the window grows by what is appended: who appends much at once waits for it in between. Cost of append is linear in
// the chunk. Not thread-safe; owned by its transaction.
#pragma once

#include <cstdint>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir {

inline constexpr std::size_t kRepeatBlock = 1024;
inline constexpr std::size_t kRepeatDistance =
    840;  // a multiple of 1 to 8, 10, 12, 14, 15, 20, ...: of periods

struct BodyLimits {
  std::uint64_t limit = 100 * 1024;  // bytes kept for inspection in all, repetitions aside; 0 means no limit
  std::uint32_t inspect_min_size = 32 * 1024;  // not shown before so many bytes are there, or the body ended
  std::uint32_t inspect_window = 4 * 1024;  // bytes already inspected that are shown again with the next ones

  // The same, but shown as soon as there is anything.
  [[nodiscard]] BodyLimits at_once() const { return {limit, 0, inspect_window}; }
};

// What a rule sees. `data` is valid until the body changes.
struct BodyView {
  Bytes data;
  std::uint64_t offset = 0;   // position of data[0] in the body
  bool complete = false;      // nothing will follow
  bool little_endian = true;  // the byte order of its numbers, where the protocol has both
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
  // Bytes have come that the limit left no room for.
  [[nodiscard]] bool cut() const { return size_ > kept_; }
  // Bytes kept that detection has not seen.
  [[nodiscard]] std::uint64_t uninspected() const { return kept_ - inspected_; }
  // There is something that detection has not seen, and enough of it to look at.
  [[nodiscard]] bool ready() const;
  [[nodiscard]] BodyView view() const;
  // Detection has run over view(): slides the window.
  void mark_inspected();

 private:
  [[nodiscard]] std::uint64_t room() const { return limits_.limit + repeated_ - kept_; }
  [[nodiscard]] bool full() const { return limits_.limit != 0 && room() == 0; }
  void count_repetitions();

  BodyLimits limits_;
  SlabVector<std::uint8_t> window_;
  std::uint64_t window_offset_ = 0;  // position of window_[0] in the body
  std::uint64_t inspected_ = 0;      // bytes of the body that detection has seen
  std::uint64_t kept_ = 0;           // bytes ever put into the window
  std::uint64_t repeated_ = 0;       // of those, bytes that only repeat others
  std::uint64_t checked_ = 0;        // up to here it is known whether they do
  std::uint64_t size_ = 0;
  bool complete_ = false;
  bool shown_complete_ = false;
};

}  // namespace weir
