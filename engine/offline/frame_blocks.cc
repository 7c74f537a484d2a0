#include "engine/offline/frame_blocks.h"

#include <algorithm>

namespace weir::engine {

void FrameBlock::add(const RawPacket& raw, bool verify_checksums, const InputWindow* window) {
  Frame& frame = frames_.emplace_back(Frame{raw, verify_checksums});
  owners_.push_back(kAll);
  bytes_ += raw.bytes.size();
  if (window == nullptr) {
    frame.raw.bytes = copied_.emplace_back(raw.bytes.begin(), raw.bytes.end());
  } else if (windows_.empty() || windows_.back() != *window) {
    windows_.push_back(*window);
    held_ += (*window)->size();
  }
}

void FrameBlock::clear() {
  frames_.clear();
  owners_.clear();
  windows_.clear();
  copied_.clear();
  bytes_ = held_ = 0;
}

const FrameBlock* FrameBlocks::get(std::uint64_t number) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool has_room = slots_[filled_ % kBlocks].users == 0;
    if (!is_filling_ && !ended_ && has_room && filled_ <= number + kAhead)
      fill_next(lock);
    else if (number < filled_)
      return &slots_[number % kBlocks].block;
    else if (ended_)
      return nullptr;
    else
      changed_.wait(lock);
  }
}

void FrameBlocks::fill_next(std::unique_lock<std::mutex>& lock) {
  Slot& slot = slots_[filled_ % kBlocks];
  is_filling_ = true;
  lock.unlock();
  slot.block.clear();
  const bool goes_on = fill_(slot.block);
  lock.lock();
  is_filling_ = false;
  ended_ = !goes_on;
  slot.users = workers_;
  ++filled_;
  changed_.notify_all();
}

void FrameBlocks::done(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (--slots_[number % kBlocks].users == 0) changed_.notify_all();
}

}  // namespace weir::engine
