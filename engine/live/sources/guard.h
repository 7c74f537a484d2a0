// A small process beside an inline engine that keeps traffic flowing when the engine does not.
//
// The guard has a copy of each queue's socket and watches the workers' pulses. When one has not beaten for a
// while - the thread hangs, the process was stopped (SIGSTOP), the machine swaps - the guard passes that
// queue's packets itself, first those that the worker holds, until the pulse is back. It ends with the
// engine, and with it the queues' last sockets are closed: what comes then bypasses the queue (NFQUEUE
// --queue-bypass).
//
// The guard itself is watched by a process of its own that does nothing else (the spare), as the engine, large and with
// threads, cannot fork. When the guard has ended the spare takes its place, as the engine's child, makes a spare of its
// own, and tells the engine, which gives it the sockets again. Guard and spare show signs of life to each other (GuardPulse):
// the one that gets on kills the other when that does not (SIGSTOP), and goes on as if it had ended. When neither gets on
// the engine can only say so.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "engine/live/sources/nfqueue_settings.h"
#include "engine/live/sources/pulse.h"

namespace weir::engine {

struct GuardSettings {
  std::chrono::milliseconds patience{
      500};  // weir.watchdog-ms: without a beat; more than a worker's idle wait
};

enum class GuardNews : std::uint8_t {
  none,
  replaced,         // it had ended, and another one is there
  replaced_silent,  // it did not get on and was killed for it, and another one is there
  gone              // nobody is left to take its place
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
  // that number. From any thread, as release().
  void watch(std::size_t worker, int fd, std::uint16_t queue);
  // Gives the copy up, before `fd` is closed: the queue ends when the worker's own socket is closed too.
  void release(std::size_t worker);

  // Readable when there is news.
  [[nodiscard]] int fd() const;
  // What has happened since the last call; a new guard is given what it needs. For one thread. `gone` is told once, and
  // then fd() stays readable.
  GuardNews news();
  // Whether it shows no signs of life, for so long that its spare cannot, either (SilenceWatch). To be asked often, by the
  // same thread.
  bool is_silent();

 private:
  struct Engine;  // the engine's side
  Guard(int control, const GuardPulse& pulses);
  std::unique_ptr<Engine> engine_;
};

}  // namespace weir::engine
