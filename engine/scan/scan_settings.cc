#include "engine/scan/scan_settings.h"

#include <algorithm>

namespace weir::engine {

ScanSettings ScanSettings::from(const Settings& root) {
  constexpr std::uint64_t kLeastTargets = 2, kPercent = 100, kMostSeconds = 7 * 24 * 3600;
  constexpr TimeUs kSecond = 1'000'000;
  ScanSettings out;
  out.hosts = std::max(root.number("weir.flows.scans.hosts", out.hosts), kLeastTargets);
  out.ports = std::max(root.number("weir.flows.scans.ports", out.ports), kLeastTargets);
  const std::uint64_t ratio =
      root.number("weir.flows.scans.ratio", static_cast<std::uint64_t>(out.ratio * kPercent));
  if (ratio > kPercent)
    root.unreadable("weir.flows.scans.ratio", "a percentage");
  else
    out.ratio = static_cast<double>(ratio) / kPercent;
  const std::uint64_t window =
      root.number("weir.flows.scans.window", static_cast<std::uint64_t>(out.window / kSecond));
  out.window = kSecond * static_cast<TimeUs>(std::clamp<std::uint64_t>(window, 1, kMostSeconds));
  return out;
}

}  // namespace weir::engine
