// What the guard does all its life: looks at the pulses and, where one has stopped, judges in the worker's place. Runs in the
// guard's process.
#pragma once

#include <sys/types.h>

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
  // The process that waits to take the guard's place.
  struct Spare {
    int lifeline = -1;  // readable when it has ended; -1: there is none
    pid_t process = -1;
  };

  GuardWatcher(int control, std::span<Pulse> pulses, GuardPulse& guards, const GuardSettings& settings,
               NfqueueSettings queues)
      : control_(control),
        pulses_(pulses),
        guards_(guards),
        settings_(settings),
        queues_(queues),
        watched_(pulses.size()) {}

  // Until the engine is gone. `next_spare` is called when the spare has ended; one that does not get on is killed first.
  void run(Spare spare, const std::function<Spare()>& next_spare);
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

  void look_at_spare(const Spare& spare);
  bool take_order();
  bool is_stuck(std::size_t i);
  void pump(std::size_t i);

  int control_;
  std::span<Pulse> pulses_;
  GuardPulse& guards_;
  GuardSettings settings_;
  NfqueueSettings queues_;
  std::vector<Watched> watched_;
  SilenceWatch spare_silence_;
  bool pumping_ = false;
};

}  // namespace weir::engine
