#include "engine/tcp/stream_memory.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

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

bool StreamBuffer::hold_copy_of(const StreamBuffer& other, MemoryBudget& budget) {
  offset = other.offset;
  return append(other.data(), other.size(), budget);
}

std::uint32_t StreamBuffer::capacity_for(std::uint32_t n) {
  if (n > Slab::kLargest) return std::bit_ceil(n);
  return static_cast<std::uint32_t>(Slab::block_size(std::max(n, kSmallest)));
}

// Moves the bytes to the front only when at least half of the buffer is free there, so a byte is moved O(1)
// times.
bool StreamBuffer::make_room(std::uint32_t n, MemoryBudget& budget) {
  if (n > kLargest - size_) return false;
  if (head_ >= capacity_ / 2 && capacity_ != 0 && n <= capacity_ - size_) {
    std::memmove(data_, data_ + head_, size_);
    head_ = 0;
    return true;
  }
  const std::uint32_t capacity = capacity_for(std::min(std::max(size_ + n, capacity_ / 2 * 3), kLargest));
  if (capacity > budget.limit || budget.used - capacity_ > budget.limit - capacity) return false;
  return move_to(capacity, budget);
}

bool StreamBuffer::move_to(std::uint32_t capacity, MemoryBudget& budget) try {
  auto* const other = static_cast<std::uint8_t*>(Slab::take(capacity));
  if (size_ != 0) std::memcpy(other, data_ + head_, size_);
  Slab::give(data_, capacity_);
  budget.used += capacity;
  budget.used -= capacity_;
  data_ = other;
  capacity_ = capacity;
  head_ = 0;
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

void StreamBuffer::drop_front(std::uint64_t n, MemoryBudget& budget) {
  head_ += static_cast<std::uint32_t>(n);
  size_ -= static_cast<std::uint32_t>(n);
  offset += n;
  if (size_ == 0) return release(budget);
  if (capacity_ > kSmallest && size_ <= capacity_ / 4) (void)move_to(capacity_for(size_), budget);
}

void StreamBuffer::erase(std::uint64_t at) {
  std::uint8_t* const place = data() + at;
  std::memmove(place, place + 1, size_ - at - 1);
  --size_;
}

void StreamBuffer::release(MemoryBudget& budget) {
  if (data_ == nullptr) return;
  Slab::give(data_, capacity_);
  budget.used -= capacity_;
  offset += size_;
  data_ = nullptr;
  capacity_ = head_ = size_ = 0;
}

}  // namespace weir::engine
