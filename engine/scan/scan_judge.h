// The second of two passes over flow records: it is told the sources that may be scanners (ScanCandidates), counts exactly what each
// of them tried, and says which ones scan. Records of others are passed over.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "decoders/flow/record.h"
#include "engine/scan/scan_groups.h"

namespace weir::engine {

class ScanJudge final : public flow::RecordConsumer {
 public:
  ScanJudge(const std::vector<IpAddress>& candidates, const ScanSettings& settings, const ScanLimits& limits);

  // By any number of threads at once. Looks at addresses, ports, protocol, counters, TCP flags, times and exporter.
  void take(std::span<const flow::Record> records) override;

  // Sorted by the number of targets, the most first. Behind the last take().
  [[nodiscard]] std::vector<Scan> scans() const;

 private:
  struct Source {
    IpAddress address;  // family 0: a free slot
    SourceTally tally;
  };
  [[nodiscard]] std::size_t place_of(const IpAddress& source) const;
  [[nodiscard]] bool is_candidate(const IpAddress& source) const;

  ScanSettings settings_;
  ScanLimits limits_;
  std::uint64_t seed_;
  TargetBudget budget_;
  std::vector<Source> sources_;       // open addressing, a power of two, half of it used; does not change
  std::array<std::mutex, 64> locks_;  // of tallies, by the lower bits of their place
};

}  // namespace weir::engine
