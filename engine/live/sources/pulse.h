// Signs of life of the workers, in memory that the guard process shares.
#pragma once

#include <atomic>
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

// Shared with child processes that are forked after it was made.
class PulseBoard {
 public:
  static tl::expected<PulseBoard, std::string> make(std::size_t workers);
  [[nodiscard]] std::span<Pulse> pulses() const { return {pulses_.get(), pulses_.get_deleter().workers}; }

 private:
  struct Unmap {
    std::size_t workers = 0;
    void operator()(Pulse* p) const;
  };
  explicit PulseBoard(Pulse* pulses, std::size_t workers) : pulses_(pulses, Unmap{workers}) {}
  std::unique_ptr<Pulse, Unmap> pulses_;
};

}  // namespace weir::engine
