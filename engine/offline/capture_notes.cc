#include "engine/offline/capture_notes.h"

#include <utility>

#include <fmt/format.h>

namespace weir::engine {

void CaptureNotes::end_capture(const std::string& name, const ChecksumGate& gate) {
  ++captures_;
  if (cut_ != 0)
    cut_captures_.push_back(fmt::format(
        "{}: {} of {} packets are cut to {} bytes at most (snaplen): what is behind is not there to look at",
        name, cut_, frames_, cut_to_));
  if (!gate.trusted() && gate.seen() != 0)
    unverified_captures_.push_back(
        fmt::format("{}: {} of the first {} packets have wrong checksums, as a network card leaves them that "
                    "fills them in later: "
                    "checksums of this capture are not looked at (-k all does)",
                    name, gate.bad(), gate.seen()));
  cut_in_all_ += std::exchange(cut_, 0);
  frames_ = 0;
  cut_to_ = 0;
}

void CaptureNotes::finish(RunSummary& summary) const {
  if (!cut_captures_.empty())
    summary.notes.push_back(
        {.is_loss = true,
         .text = fmt::format("{} packets of {} captures are cut: what is behind is not there to look at",
                             cut_in_all_, cut_captures_.size()),
         .each = cut_captures_});
  if (!unverified_captures_.empty())
    summary.notes.push_back(
        {.is_loss = false,
         .text = fmt::format(
             "checksums of {} of {} captures are mostly wrong and were not looked at (-k all does)",
             unverified_captures_.size(), captures_),
         .each = unverified_captures_});
}

}  // namespace weir::engine
