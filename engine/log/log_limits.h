// How much of the log one event, and one flow, may take: what a sender can make us write for a byte that he sends has an end.
#pragma once

#include <cstddef>
#include <cstdint>

#include "decoders/settings.h"

namespace weir::engine {

struct LogLimits {
  // `weir.event-size`: of one event; it is cut behind its last whole member (output/json_writer.h).
  std::size_t event_bytes = std::size_t{256} << 10U;
  // `weir.flow-log-rate`: bytes of log for a byte of the flow's traffic; 0: no limit for flows. An event that would be more
  // than the flow has left is cut, but never to less than kShortEventBytes, or kShortAlertBytes of alerts and drops.
  std::uint64_t flow_rate = 16;
  // `weir.flow-log-burst`: of a flow that has had so much more than its rate only alerts, drops and the flow's own event are
  // written. What is left out or cut is counted, and the flow's event says so.
  std::uint64_t flow_burst = std::uint64_t{64} << 10U;

  static constexpr std::size_t kShortEventBytes = 4096, kShortAlertBytes = 16384;

  static LogLimits from(const Settings& config);
};

}  // namespace weir::engine
