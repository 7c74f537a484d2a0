#include "decoders/app/frame.h"

#include <algorithm>

namespace weir {
namespace {

constexpr std::size_t kKeptRoom = 32;  // frames; an empty list gives the memory of more back

}  // namespace

FrameId FrameList::add(FrameType type, std::uint64_t offset, std::uint64_t length, std::uint64_t tx_id) {
  ++last_id_;
  if (frames_.size() == kMaxFrames) {
    ++refused_;
    return kNoFrame;
  }
  frames_.push_back({.id = last_id_,
                     .offset = offset,
                     .length = length,
                     .tx_id = tx_id,
                     .type = type,
                     .open_ended = length == AppFrame::kUnknown,
                     .inspected = offset});
  first_tx_ = std::min(first_tx_, tx_id);
  return last_id_;
}

AppFrame* FrameList::find(FrameId id) {
  const auto at = std::lower_bound(frames_.begin(), frames_.end(), id,
                                   [](const AppFrame& frame, FrameId wanted) { return frame.id < wanted; });
  return at != frames_.end() && at->id == id ? &*at : nullptr;
}

// Frames were removed.
void FrameList::settle() {
  if (frames_.empty() && frames_.capacity() > kKeptRoom) SlabVector<AppFrame>().swap(frames_);
  first_tx_ = AppFrame::kUnknown;
  for (const AppFrame& frame : frames_) first_tx_ = std::min(first_tx_, frame.tx_id);
}

}  // namespace weir
