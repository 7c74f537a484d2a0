#include "engine/stream_memory.h"

#include <cstring>

namespace weir::engine {

bool StreamBuffer::append(const std::uint8_t* bytes, std::uint32_t n, MemoryBudget& budget) {
  if (n > capacity_ - head_ - size_ && !make_room(n, budget)) {
    ++budget.refused;
    return false;
  }
  if (n != 0) std::memcpy(data_ + head_ + size_, bytes, n);
  size_ += n;
  return true;
}

// Moves the bytes to the front only when at least half of the buffer is free there, so a byte is moved O(1)
// times.
bool StreamBuffer::make_room(std::uint32_t n, MemoryBudget& budget) {
  if (n > BufferPool::kLargest - size_) return false;
  if (head_ >= capacity_ / 2 && capacity_ != 0 && n <= capacity_ - size_) {
    std::memmove(data_, data_ + head_, size_);
    head_ = 0;
    return true;
  }
  const std::uint32_t capacity = BufferPool::size_for(size_ + n);
  if (capacity > budget.limit || budget.used - capacity_ > budget.limit - capacity) return false;
  std::uint8_t* const bigger = budget.pool.take(capacity);
  if (size_ != 0) std::memcpy(bigger, data_ + head_, size_);
  if (data_ != nullptr) budget.pool.give_back(data_, capacity_);
  budget.used += capacity - capacity_;
  data_ = bigger;
  capacity_ = capacity;
  head_ = 0;
  return true;
}

void StreamBuffer::drop_front(std::uint64_t n, MemoryBudget& budget) {
  head_ += static_cast<std::uint32_t>(n);
  size_ -= static_cast<std::uint32_t>(n);
  offset += n;
  if (size_ == 0) release(budget);
}

void StreamBuffer::release(MemoryBudget& budget) {
  if (data_ == nullptr) return;
  budget.pool.give_back(data_, capacity_);
  budget.used -= capacity_;
  offset += size_;
  data_ = nullptr;
  capacity_ = head_ = size_ = 0;
}

}  // namespace weir::engine
