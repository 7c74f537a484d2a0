// Where an event stands in the log of a run, whatever thread wrote it.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace weir::engine {

// Before the events of packet N come those of the flows that ended because N moved the clock, by deadline and
// first packet; when the run ends, those of all flows left. Events of equal order come from one worker and
// keep its order.
struct EventOrder {
  std::uint64_t packet = 0;
  std::int64_t deadline_s = 0;
  std::uint64_t first_packet = 0;
  auto operator<=>(const EventOrder&) const = default;

  static EventOrder of_packet(std::uint64_t number) {
    return {number, std::numeric_limits<std::int64_t>::max(), 0};
  }
  static EventOrder of_expired(std::uint64_t number, std::int64_t deadline_s, std::uint64_t first_packet) {
    return {number, deadline_s, first_packet};
  }
  static EventOrder of_left(std::uint64_t first_packet) {
    return {std::numeric_limits<std::uint64_t>::max(), 0, first_packet};
  }
};

}  // namespace weir::engine
