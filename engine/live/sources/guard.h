// A small process beside an inline engine that keeps traffic flowing when the engine does not.
//
// The guard has a copy of each queue's socket and watches the workers' pulses. When one has not beaten for a
// while - the thread hangs, the process was stopped (SIGSTOP), the machine swaps - the guard passes that
// queue's packets itself, first those that the worker holds, until the pulse is back. It ends with the
// engine, and with it the queues' last sockets are closed: what comes then bypasses the queue (NFQUEUE
// --queue-bypass).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <tl/expected.hpp>

#include "engine/live/sources/nfqueue_settings.h"
#include "engine/live/sources/pulse.h"

namespace weir::engine {

struct GuardSettings {
  std::chrono::milliseconds patience{
      500};  // weir.watchdog-ms: without a beat; more than a worker's idle wait
};

class Guard {
 public:
  // Forks: to be called while the process has one thread and little memory. `board` outlives the guard.
  // `confine` is called in the guard's process before it does anything.
  static tl::expected<Guard, std::string> start(const PulseBoard& board, const GuardSettings& settings,
                                                const NfqueueSettings& queues,
                                                const std::function<void()>& confine);
  // Ends the process.
  ~Guard();
  Guard(Guard&& other) noexcept;
  Guard& operator=(Guard&&) = delete;

  // From now on the guard keeps a copy of `fd`, a netlink socket that is bound to `queue`, for the worker of
  // that number.
  void watch(std::size_t worker, int fd, std::uint16_t queue);
  // Gives the copy up: the queue ends when the worker's own socket is closed too.
  void release(std::size_t worker);

 private:
  explicit Guard(int control) : control_(control) {}
  int control_;  // a socket pair; its closing ends the guard
};

}  // namespace weir::engine
