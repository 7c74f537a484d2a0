// The frames of a run, for workers that all go through the same ones, block by block. There is no thread that reads: a worker that
// finds the block after next missing reads it before it goes on, so that the others find it there.
//
// A block holds frames where they lie in the windows of the input. It is used again when all workers are done with it; a worker
// that is many blocks ahead waits.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "decoders/packet.h"
#include "engine/capture/byte_input.h"

namespace weir::engine {

class FrameBlock {
 public:
  struct Frame {
    RawPacket raw;
    bool verify_checksums = true;
  };
  // Who inspects a frame: a worker's number, or one of these.
  using Owner = std::uint16_t;
  static constexpr Owner kAll = 0x7fff;        // all workers have to look what is in it
  static constexpr Owner kNewSecond = 0x8000;  // added: it is the first frame of a second

  // window: keeps the frame's bytes; null: they are copied.
  void add(const RawPacket& raw, bool verify_checksums, const InputWindow* window);
  void set_owner(std::size_t frame, Owner owner) { owners_[frame] = owner; }
  [[nodiscard]] bool is_full() const {
    return frames_.size() >= kMostFrames || bytes_ >= kMostBytes || held_ >= kMostHeld;
  }
  [[nodiscard]] const std::vector<Frame>& frames() const { return frames_; }
  [[nodiscard]] const std::vector<Owner>& owners() const { return owners_; }
  void clear();

 private:
  static constexpr std::size_t kMostFrames = 4096, kMostBytes = std::size_t{512} << 10U;
  // Of windows, in which there may be much besides these frames: a filter leaves it out, or each is a capture of its own.
  static constexpr std::size_t kMostHeld = std::size_t{2} << 20U;

  std::vector<Frame> frames_;
  std::vector<Owner> owners_;
  std::vector<InputWindow> windows_;              // in which frames lie
  std::deque<std::vector<std::uint8_t>> copied_;  // bytes of frames that lie in none
  std::size_t bytes_ = 0, held_ = 0;
};

class FrameBlocks {
 public:
  // Fills a block that is empty, owners included; false: there are no frames behind these. One call at a time, by any thread.
  using Fill = std::function<bool(FrameBlock&)>;
  FrameBlocks(Fill fill, unsigned workers) : fill_(std::move(fill)), workers_(workers) {}

  // The block of this number, from 0 on, when it is there; null: there are no more. Each worker asks for all in turn, and says
  // when it is done with one.
  const FrameBlock* get(std::uint64_t number);
  void done(std::uint64_t number);

 private:
  static constexpr std::uint64_t kBlocks = 8, kAhead = 2;
  struct Slot {
    FrameBlock block;
    unsigned users = 0;  // workers that are not done with it
  };
  void fill_next(std::unique_lock<std::mutex>& lock);

  const Fill fill_;
  const unsigned workers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Slot, kBlocks> slots_;
  std::uint64_t filled_ = 0;  // blocks so far
  bool is_filling_ = false, ended_ = false;
};

}  // namespace weir::engine
