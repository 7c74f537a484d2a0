// The first of two passes over flow records: which sources may be scanners. It sees all records, so it looks at what is cheap to tell:
// a TCP record in which somebody acknowledged, most of all there are, is no try without an answer and costs a comparison. Others are
// counted in a sketch of 16 bytes or more for each source. It errs in favour of suspicion; ScanJudge decides.
// Used by one thread; those of several threads are merged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "decoders/flow/record.h"
#include "engine/scan/sketch_table.h"

namespace weir::engine {

class ScanCandidates final : public flow::RecordConsumer {
 public:
  // At most `sources` are told apart (ScanLimits). The seed is the same for those that are merged.
  ScanCandidates(std::uint64_t seed, std::size_t sources) : table_(seed, sources) {}

  // Looks at addresses, ports, protocol, counters and TCP flags.
  void take(std::span<const flow::Record> records) override;
  // Adds what the other one saw, which is empty then.
  void merge(ScanCandidates& other) { table_.merge(other.table_); }

  // Sources with about `least` targets without an answer, half of them at least; at most `most`, those with more targets first.
  [[nodiscard]] std::vector<IpAddress> list(std::uint64_t least, std::size_t most) const;
  // Sources that there was no room for.
  [[nodiscard]] std::uint64_t left_out() const { return table_.left_out(); }

 private:
  SketchTable table_;
};

}  // namespace weir::engine
