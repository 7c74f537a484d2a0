// Counts what was lost between an exporter and us by the numbers in its messages.
//
// A number counts messages (NetFlow v9, sFlow), flows (v5) or data records (IPFIX) that were sent before: each message says
// where it stands, and takes a number of steps. What is skipped is lost, until a message comes late and gives it back. A number
// that is neither ahead nor missing is a message that came twice, or an exporter that starts anew: the next message tells.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::flow {

class Sequence {
 public:
  // A message with this number, which takes `steps`; `known` is false when nobody can say how many (a template is missing): the
  // next message is believed.
  void observe(std::uint32_t number, std::uint32_t steps, bool known);
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  static constexpr std::uint32_t kMostMissing = 1U << 20U;  // beyond, it is a restart
  static constexpr std::uint32_t kLatest = 1U << 16U;       // that a message can come late
  static constexpr std::size_t kGaps = 16;                  // that can still be filled; the oldest makes room

  struct Gap {
    std::uint32_t from = 0, size = 0;
  };
  void expect(std::uint32_t number, std::uint32_t steps, bool known) {
    next_ = number + steps;
    is_known_ = known;
    may_restart_ = false;
  }
  void miss(std::uint32_t count);
  bool fill(std::uint32_t number, std::uint32_t steps);

  std::uint32_t next_ = 0;
  bool is_known_ = false;
  bool may_restart_ = false;
  std::uint32_t after_restart_ = 0;  // what the next message has then
  std::array<Gap, kGaps> gaps_{};
  std::size_t oldest_gap_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace weir::flow
