// `weir.flows`: what records of flows say, and how often.
#pragma once

#include <array>
#include <cstdint>

#include "decoders/settings.h"

namespace weir::engine {

struct MeterSettings {
  static constexpr std::int64_t kReportEveryS = 60;  // where nothing else is said

  bool in_eve = false;        // eve: flow events show what the meter knows
  std::uint16_t payload = 0;  // payload: first bytes of each direction
  // active-timeout.{default,tcp,udp,icmp}, else status-interval: by FlowClass, seconds after which a part of the record of a flow
  // that goes on is told; 0: the record comes at its end.
  std::array<std::int64_t, 4> report_every_s{kReportEveryS, kReportEveryS, kReportEveryS, kReportEveryS};

  // `root` is the whole configuration.
  static MeterSettings from(const Settings& root);
};

}  // namespace weir::engine
