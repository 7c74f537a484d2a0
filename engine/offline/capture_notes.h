// What there is to say, when a run over files is over, of each of its captures: frames that were cut when they were captured, and
// checksums that were not looked at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decoders/packet.h"
#include "engine/offline/checksum_gate.h"
#include "engine/pipeline/run_summary.h"

namespace weir::engine {

class CaptureNotes {
 public:
  // Of each frame, on the reader's way: two comparisons.
  void frame(const RawPacket& raw) {
    ++frames_;
    if (raw.bytes.size() >= raw.wire_length) return;
    ++cut_;
    if (raw.bytes.size() > cut_to_) cut_to_ = raw.bytes.size();
  }
  // A capture is over; gate: what it came to there.
  void end_capture(const std::string& name, const ChecksumGate& gate);
  // All are.
  void finish(RunSummary& summary) const;

 private:
  std::uint64_t frames_ = 0, cut_ = 0;
  std::size_t cut_to_ = 0;  // bytes of the longest frame that was cut
  std::uint64_t captures_ = 0, cut_in_all_ = 0;
  std::vector<std::string> cut_captures_, unverified_captures_;
};

}  // namespace weir::engine
