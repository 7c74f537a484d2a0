// What two ends said to each other: all records that tell of it, of whatever exporter and direction, put together.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "decoders/flow/record.h"

namespace weir::engine {

// Where records are made: an exporter's domain, and whether packets are counted on their way in or out there (observed_at of a record).
struct ObservationPoint {
  IpAddress exporter;
  std::uint32_t domain = 0;
  std::uint8_t observed_at = 0;
  auto operator<=>(const ObservationPoint&) const = default;
};

// One direction, as one point saw it.
struct Seen {
  std::uint64_t packets = 0, bytes = 0;
  TimeUs first = 0, last = 0;
  std::uint32_t records = 0;  // 0: nothing was seen
  std::uint32_t flows = 0;    // that these are records of: parts of one flow are one
  std::uint32_t answers = 0,
                refusals = 0;  // of the server's: flows with more than a reset, and with a mere one
  TimeUs newest = 0;           // start of the last of them
  std::uint8_t tcp_flags = 0;
};

struct SeenAtPoint {
  std::array<Seen, 2> sides;  // by index(Direction)
  std::uint16_t point = 0;    // Conversations::point()
};

struct Conversation {
  IpAddress client, server;
  std::uint16_t client_port = 0, server_port = 0;
  std::uint8_t protocol = 0;
  std::uint32_t tag = 0;  // given with its records
  std::array<Seen, 2>
      sides;  // by index(Direction): counters of the point that saw most, times and flags of all
  std::uint32_t flows = 1;           // more than one where the same ports were used again
  bool answered = false;             // the server said more than no
  std::uint32_t answered_flows = 0;  // fewer than all where ports were used again, and not each time answered
  std::uint32_t refused_flows = 0;   // that got a reset and nothing else
  bool refused = false;              // all that it said was a reset
  std::span<const SeenAtPoint> points;  // in no order; live as long as the call

  [[nodiscard]] const Seen& side(Direction d) const { return sides[index(d)]; }
  [[nodiscard]] TimeUs first() const { return outer(sides[0].first, sides[1].first, true); }
  [[nodiscard]] TimeUs last() const { return outer(sides[0].last, sides[1].last, false); }
  // Start and end of the last answered flow; 0: there is none. The server's records tell where they end long before the client's.
  [[nodiscard]] TimeUs last_answered_first() const {
    const Seen &ahead = sides[0], &back = sides[1];
    if (!answered) return 0;
    if (flows == 1 || back.flows == 0) return first();
    if (ahead.flows == 0 || back.newest - ahead.newest > kAnswerSlack ||
        ahead.newest - back.newest > kAnswerSlack)
      return back.newest;
    return std::min(ahead.newest, back.newest);
  }
  [[nodiscard]] TimeUs last_answered_last() const {
    if (!answered) return 0;
    return sides[1].records != 0 && last() - sides[1].last > kAnswerSlack ? sides[1].last : last();
  }
  [[nodiscard]] std::uint64_t bytes() const { return sides[0].bytes + sides[1].bytes; }
  [[nodiscard]] std::uint64_t packets() const { return sides[0].packets + sides[1].packets; }

 private:
  // So far apart are records of both directions of a flow: exporters write them when their timers run out.
  static constexpr TimeUs kAnswerSlack = TimeUs{300} * 1'000'000;

  [[nodiscard]] TimeUs outer(TimeUs ahead, TimeUs back, bool least) const {
    if (sides[1].records == 0) return ahead;
    if (sides[0].records == 0) return back;
    return least ? std::min(ahead, back) : std::max(ahead, back);
  }
};

}  // namespace weir::engine
