#include "engine/log/log_limits.h"

#include <algorithm>

namespace weir::engine {

LogLimits LogLimits::from(const Settings& config) {
  constexpr std::uint64_t kLeastEvent = 4096, kMostEvent = std::uint64_t{64} << 20U, kMostRate = 1'000'000,
                          kMostBurst = std::uint64_t{1} << 40U;
  LogLimits out;
  const std::uint64_t event = config.bytes("weir.event-size", out.event_bytes);
  if (event < kLeastEvent || event > kMostEvent)
    config.unreadable("weir.event-size", "from 4kb to 64mb");
  else
    out.event_bytes = static_cast<std::size_t>(event);
  out.flow_rate = std::min(config.number("weir.flow-log-rate", out.flow_rate), kMostRate);
  out.flow_burst = std::min(config.bytes("weir.flow-log-burst", out.flow_burst), kMostBurst);
  return out;
}

}  // namespace weir::engine
