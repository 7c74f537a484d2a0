// Memory of the stream engine: one budget and one pool of buffers for all sessions of a worker.
//
// Buffers have power-of-two sizes and come back to the pool as soon as a stream holds no bytes, so that
// streams whose data are used at once share a few warm buffers. Not thread-safe; outlives every session that
// uses it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace weir::engine {

class BufferPool {
 public:
  BufferPool() = default;
  ~BufferPool() {
    for (auto& list : free_)
      for (std::uint8_t* buffer : list) delete[] buffer;
  }
  BufferPool(BufferPool&& other) noexcept : free_(std::move(other.free_)), kept_bytes_(other.kept_bytes_) {
    for (auto& list : other.free_) list.clear();
    other.kept_bytes_ = 0;
  }
  BufferPool& operator=(BufferPool&&) = delete;

  static constexpr std::uint32_t kSmallest = 512, kLargest = 1U << 30U;
  // The size of the buffer that take(n) gives, n <= kLargest.
  static constexpr std::uint32_t size_for(std::uint32_t n) {
    std::uint32_t size = kSmallest;
    while (size < n) size <<= 1U;
    return size;
  }
  std::uint8_t* take(std::uint32_t size) {
    auto& list = free_[rank(size)];
    if (list.empty()) return new std::uint8_t[size];
    std::uint8_t* const buffer = list.back();
    list.pop_back();
    kept_bytes_ -= size;
    return buffer;
  }
  void give_back(std::uint8_t* buffer, std::uint32_t size) {
    if (kept_bytes_ + size > kMaxKeptBytes) {
      delete[] buffer;
      return;
    }
    free_[rank(size)].push_back(buffer);
    kept_bytes_ += size;
  }

 private:
  static constexpr std::size_t kRanks = 22;
  static constexpr std::uint64_t kMaxKeptBytes = 16ULL << 20U;
  static constexpr std::size_t rank(std::uint32_t size) {
    return static_cast<std::size_t>(__builtin_ctz(size) - __builtin_ctz(kSmallest));
  }

  std::array<std::vector<std::uint8_t*>, kRanks> free_;
  std::uint64_t kept_bytes_ = 0;
};

struct MemoryBudget {
  std::uint64_t limit = 0, used = 0;                    // bytes of stream data (reassembly.memcap)
  std::uint64_t refused = 0;                            // how often something did not fit
  std::uint64_t sessions_limit = 0, sessions_used = 0;  // bytes of sessions (stream.memcap); limit 0: none
  BufferPool pool;

  // Above three quarters no bytes are kept for looking back.
  [[nodiscard]] bool tight() const { return used > limit - limit / 4; }
};

// A run of stream bytes in one buffer, taken from the front and added to at the back. Moves, never copies;
// the owner calls release() with the budget before it dies.
class StreamBuffer {
 public:
  std::uint64_t offset = 0;  // stream offset of the first byte

  [[nodiscard]] std::uint64_t end() const { return offset + size_; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const std::uint8_t* data() const { return data_ + head_; }
  [[nodiscard]] std::uint8_t* data() { return data_ + head_; }

  // False when the budget has no room; then nothing changed.
  bool append(const std::uint8_t* bytes, std::uint32_t n, MemoryBudget& budget);
  // n <= size(). An empty buffer goes back to the pool.
  void drop_front(std::uint64_t n, MemoryBudget& budget);
  void release(MemoryBudget& budget);

 private:
  bool make_room(std::uint32_t n, MemoryBudget& budget);

  std::uint8_t* data_ = nullptr;
  std::uint32_t capacity_ = 0, head_ = 0, size_ = 0;
};

}  // namespace weir::engine
