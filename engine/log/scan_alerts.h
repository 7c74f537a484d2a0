// Alerts of scans: what engine/scan finds while records come, as events. No rule makes them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/scan/scan_groups.h"
#include "output/log.h"
#include "output/records.h"
#include "rules/compile/signature.h"

namespace weir::engine {

// Their group; the number is 1 for horizontal scans and 2 for vertical ones.
inline constexpr std::uint32_t kScanGid = 901;

class ScanAlerts {
 public:
  ScanAlerts();
  // The event's time is that of the scan's last try, its destination the target that was tried then. `within`: as ScanWatch says it.
  void write(const Scan& scan, TimeUs within,
             std::span<const std::unique_ptr<output::LogSession>> sessions) const;

 private:
  std::array<rules::SignatureMeta, 2> signatures_;  // by ScanKind
};

}  // namespace weir::engine
