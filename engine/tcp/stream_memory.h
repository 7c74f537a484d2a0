// Memory of the stream engine: one budget for all sessions of a worker, and the buffer of a run of stream bytes.
//
// Buffers are blocks of the worker's slabs and go back as soon as they hold no bytes, so that streams whose data
// are used at once share a few warm ones. Not thread-safe; the budget outlives every session that uses it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "decoders/slab.h"

namespace weir::engine {

struct MemoryBudget {
  std::uint64_t limit = 0, used = 0;                    // bytes of stream data (reassembly.memcap)
  std::uint64_t refused = 0;                            // how often something did not fit
  std::uint64_t sessions_limit = 0, sessions_used = 0;  // bytes of sessions (stream.memcap); limit 0: none

  // Above three quarters no bytes are kept for looking back.
  [[nodiscard]] bool tight() const { return used > limit - limit / 4; }
};

// A run of stream bytes in one buffer, taken from the front and added to at the back. Moves, never copies;
// the owner calls release() with the budget before it dies. The buffer follows what it holds: it grows by half at
// least, and gets smaller when three quarters of it are free.
class StreamBuffer {
 public:
  static constexpr std::uint32_t kSmallest = 512, kLargest = 1U << 30U;  // bytes of a buffer

  std::uint64_t offset = 0;  // stream offset of the first byte

  [[nodiscard]] std::uint64_t end() const { return offset + size_; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const std::uint8_t* data() const { return data_ + head_; }
  [[nodiscard]] std::uint8_t* data() { return data_ + head_; }

  // False when the budget has no room, or the system no memory; then nothing changed.
  bool append(const std::uint8_t* bytes, std::uint32_t n, MemoryBudget& budget);
  // It is empty. False as for append().
  [[gnu::cold]] bool hold_copy_of(const StreamBuffer& other, MemoryBudget& budget);
  // n <= size(). An empty buffer goes back to the slabs.
  void drop_front(std::uint64_t n, MemoryBudget& budget);
  // One byte, at < size(). The buffer may be empty then, and stays.
  [[gnu::cold]] void erase(std::uint64_t at);
  void release(MemoryBudget& budget);

 private:
  bool make_room(std::uint32_t n, MemoryBudget& budget);
  bool move_to(std::uint32_t capacity, MemoryBudget& budget);
  static std::uint32_t capacity_for(std::uint32_t n);

  std::uint8_t* data_ = nullptr;
  std::uint32_t capacity_ = 0, head_ = 0, size_ = 0;
};

}  // namespace weir::engine
