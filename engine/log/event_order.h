// Where an event stands in the log of a run, whatever thread wrote it.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace weir::engine {

// Before the events of packet N come those of the flows that ended because N moved the clock, by deadline and
// first packet; when the run ends, those of all flows left. Flows of one frame (in and outside a tunnel) go by
// their id. A frame with several packets in it is inspected from the innermost one outwards. Events of equal
// order come from one worker and keep its order.
struct EventOrder {
  std::uint64_t packet = 0;
  std::int64_t deadline_s = 0;
  std::uint64_t first_packet = 0;
  std::uint64_t flow_id = 0;
  auto operator<=>(const EventOrder&) const = default;

  // `outer`: how many packets stand around this one in the frame.
  static EventOrder of_packet(std::uint64_t number, std::size_t outer) {
    return {number, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::uint64_t>::max() - outer, 0};
  }
  // Behind all that has to do with this packet and those before it.
  static EventOrder after_packet(std::uint64_t number) {
    return {number + 1, std::numeric_limits<std::int64_t>::min(), 0, 0};
  }
  // Ahead of all that has to do with this packet, and behind those before it.
  static EventOrder before_packet(std::uint64_t number) {
    return {number, std::numeric_limits<std::int64_t>::min(), 0, 0};
  }
  static EventOrder end() {
    constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
    return {kMax, std::numeric_limits<std::int64_t>::max(), kMax, kMax};
  }
  static EventOrder of_expired(std::uint64_t number, std::int64_t deadline_s, std::uint64_t first_packet,
                               std::uint64_t flow_id) {
    return {number, deadline_s, first_packet, flow_id};
  }
  static EventOrder of_left(std::uint64_t first_packet, std::uint64_t flow_id) {
    return {std::numeric_limits<std::uint64_t>::max(), 0, first_packet, flow_id};
  }
};

}  // namespace weir::engine
