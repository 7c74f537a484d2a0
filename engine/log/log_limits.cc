#include "engine/log/log_limits.h"

#include <algorithm>

namespace weir::engine {

LogLimits LogLimits::from(const Settings& config) {
  constexpr std::uint64_t kLeastEvent = 4096, kMostEvent = std::uint64_t{64} << 20U, kMostRate = 1'000'000,
                          kMostBurst = std::uint64_t{1} << 40U;
  LogLimits out;
  out.event_bytes = static_cast<std::size_t>(
      std::clamp<std::uint64_t>(config.bytes("weir.event-size", out.event_bytes), kLeastEvent, kMostEvent));
  out.flow_rate = std::min(config.number("weir.flow-log-rate", out.flow_rate), kMostRate);
  out.flow_burst = std::min(config.bytes("weir.flow-log-burst", out.flow_burst), kMostBurst);
  return out;
}

}  // namespace weir::engine
