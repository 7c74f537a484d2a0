// What the guard does all its life: looks at the pulses and, where one has stopped, judges in the worker's place. Runs in the
// guard's process.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/live/sources/guard.h"
#include "engine/live/sources/nfqueue_socket.h"

namespace weir::engine {

// From the engine to its guard, with the socket's descriptor beside it.
struct GuardOrder {
  std::uint32_t worker;
  std::uint16_t queue;
  std::uint16_t watch;  // 0: give the socket up
};

class GuardWatcher {
 public:
  GuardWatcher(int control, std::span<Pulse> pulses, const GuardSettings& settings, NfqueueSettings queues)
      : control_(control), pulses_(pulses), settings_(settings), queues_(queues), watched_(pulses.size()) {}

  // Until the engine is gone. `spare_ended` is called when `spare`, a descriptor, becomes readable; it gives the next one,
  // -1 for none.
  void run(int spare, const std::function<int()>& spare_ended);
  // In a process that was forked from the guard: it must not hold the queues.
  void forget() { watched_.clear(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Watched {
    std::optional<NfqueueSocket> socket;
    std::uint64_t beats = 0;
    Clock::time_point since;  // that beat
    bool taken_over = false;
  };

  bool take_order();
  bool is_stuck(std::size_t i);
  void pump(std::size_t i);

  int control_;
  std::span<Pulse> pulses_;
  GuardSettings settings_;
  NfqueueSettings queues_;
  std::vector<Watched> watched_;
  bool pumping_ = false;
};

}  // namespace weir::engine
