// A bounded queue between one producer thread and one consumer thread, without locks; each waits when it
// must.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <utility>

namespace weir::engine {

template <class T, std::size_t kSlots>
class Ring {
 public:
  // False when it is full.
  bool try_push(T& item) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head - tail_.load(std::memory_order_acquire) == kSlots) return false;
    slots_[head % kSlots] = std::move(item);
    head_.store(head + 1, std::memory_order_release);
    head_.notify_one();
    return true;
  }
  void push(T item) {
    while (!try_push(item))
      tail_.wait(head_.load(std::memory_order_relaxed) - kSlots, std::memory_order_acquire);
  }
  // False when it is empty.
  bool try_pop(T& out) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (head_.load(std::memory_order_acquire) == tail) return false;
    out = std::move(slots_[tail % kSlots]);
    tail_.store(tail + 1, std::memory_order_release);
    tail_.notify_one();
    return true;
  }
  T pop() {
    T out;
    while (!try_pop(out)) head_.wait(tail_.load(std::memory_order_relaxed), std::memory_order_acquire);
    return out;
  }

 private:
  alignas(64) std::atomic<std::size_t> head_{0};  // of the producer
  alignas(64) std::atomic<std::size_t> tail_{0};  // of the consumer
  std::array<T, kSlots> slots_{};
};

}  // namespace weir::engine
