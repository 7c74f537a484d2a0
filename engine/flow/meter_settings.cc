#include "engine/flow/meter_settings.h"

#include <algorithm>
#include <string>

#include "engine/flow/flow_meter.h"

namespace weir::engine {
namespace {

constexpr std::uint64_t kMostSeconds = 365ULL * 24 * 3600;
constexpr std::array<const char*, 4> kClasses{"default", "tcp", "udp", "icmp"};  // by FlowClass

}  // namespace

MeterSettings MeterSettings::from(const Settings& root) {
  MeterSettings out;
  out.in_eve = root.flag("weir.flows.eve", false);
  const std::uint64_t payload = root.number("weir.flows.payload", 0);
  if (payload > FlowMeter::kMostPayload)
    root.unreadable("weir.flows.payload", "up to 512");
  else
    out.payload = static_cast<std::uint16_t>(payload);
  const std::uint64_t every =
      std::min(root.number("weir.flows.status-interval", kReportEveryS), kMostSeconds);
  for (std::size_t i = 0; i < kClasses.size(); ++i)
    out.report_every_s[i] = static_cast<std::int64_t>(
        std::min(root.number(std::string("weir.flows.active-timeout.") + kClasses[i], every), kMostSeconds));
  return out;
}

}  // namespace weir::engine
