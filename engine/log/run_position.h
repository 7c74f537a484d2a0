// Where a pipeline stands in the run, for others to see, and waiting until all others are as far.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/log/event_order.h"
#include "rules/values/turn.h"

namespace weir::engine {

// Moved by one thread, which has done all that comes before; read by any. Neither ever waits for a lock: a
// reader that meets a move tries again.
class RunPosition {
 public:
  void move_to(const EventOrder& order) {
    order_ = order;
    const std::uint64_t version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);  // odd: the words do not belong together
    words_[0].store(order.packet, std::memory_order_release);
    words_[1].store(static_cast<std::uint64_t>(order.deadline_s), std::memory_order_release);
    words_[2].store(order.first_packet, std::memory_order_release);
    words_[3].store(order.flow_id, std::memory_order_release);
    version_.store(version + 2, std::memory_order_release);
  }
  // For the thread that moves it.
  [[nodiscard]] const EventOrder& order() const { return order_; }
  // For the others.
  [[nodiscard]] EventOrder look() const {
    for (;;) {
      const std::uint64_t before = version_.load(std::memory_order_acquire);
      const EventOrder seen{words_[0].load(std::memory_order_acquire),
                            static_cast<std::int64_t>(words_[1].load(std::memory_order_acquire)),
                            words_[2].load(std::memory_order_acquire), words_[3].load(std::memory_order_acquire)};
      if (before % 2 == 0 && version_.load(std::memory_order_relaxed) == before) return seen;
    }
  }

 private:
  EventOrder order_;
  alignas(64) std::atomic<std::uint64_t> version_{0};
  std::array<std::atomic<std::uint64_t>, 4> words_{};
};

// The turn of the worker at `mine`. It comes only if what the others need to get on is on its way to them: see
// WorkerPool about rounds.
class WorkerTurn final : public rules::Turn {
 public:
  explicit WorkerTurn(const RunPosition& mine) : mine_(mine) {}
  // Before the first await(). `other` outlives this.
  void wait_for(const RunPosition& other) { others_.push_back({&other, {}}); }
  void await() override;

 private:
  struct Other {
    const RunPosition* position;
    EventOrder seen;  // it was at least there
  };
  const RunPosition& mine_;
  std::vector<Other> others_;
};

}  // namespace weir::engine
