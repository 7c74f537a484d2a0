// Signs of life of the workers, and of the guard processes, in memory that engine and guards share.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <tl/expected.hpp>

namespace weir::engine {

struct alignas(64) Pulse {
  std::atomic<std::uint64_t> beats{0};           // one more whenever the worker looks for packets
  std::atomic<std::uint32_t> last_packet_id{0};  // of the packets that it has taken from the kernel
  std::atomic<std::uint64_t> takeovers{0};       // by the guard, which judged in the worker's place
  std::atomic<std::uint64_t> passed{0};          // packets that it let pass uninspected
};

// One more whenever the process looks around, which it does several times a second.
struct alignas(64) GuardPulse {
  std::atomic<std::uint64_t> guard{0};
  std::atomic<std::uint64_t> spare{0};
};

// Whether a process that is watched gets on. Silence is counted in looks of the one that watches, not in time: when all
// processes stood still together (a machine that was suspended) none of them has been silent.
class SilenceWatch {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kBetweenLooks{200};
  static constexpr unsigned kLooks = 10;  // without a beat: two seconds

  explicit SilenceWatch(unsigned looks = kLooks) : limit_(looks) {}
  // To be asked often; a look is taken when it is time for one.
  bool is_silent(std::uint64_t beats, Clock::time_point now) {
    if (beats != beats_) {
      beats_ = beats;
      looks_ = 0;
    } else if (now - last_look_ >= kBetweenLooks && looks_ < limit_) {
      ++looks_;
    } else {
      return looks_ >= limit_;
    }
    last_look_ = now;
    return looks_ >= limit_;
  }
  // Another process is watched from now on.
  void begin_anew() { looks_ = 0; }

 private:
  unsigned limit_, looks_ = 0;
  std::uint64_t beats_ = 0;
  Clock::time_point last_look_{};
};

// Shared with child processes that are forked after it was made.
class PulseBoard {
 public:
  static tl::expected<PulseBoard, std::string> make(std::size_t workers);
  [[nodiscard]] std::span<Pulse> pulses() const { return {pulses_, guards_.get_deleter().workers}; }
  [[nodiscard]] GuardPulse& guards() const { return *guards_; }

 private:
  struct Unmap {
    std::size_t workers = 0;
    void operator()(GuardPulse* p) const;
  };
  PulseBoard(GuardPulse* guards, Pulse* pulses, std::size_t workers)
      : guards_(guards, Unmap{workers}), pulses_(pulses) {}
  std::unique_ptr<GuardPulse, Unmap> guards_;  // the beginning of the memory
  Pulse* pulses_;                              // behind it
};

}  // namespace weir::engine
