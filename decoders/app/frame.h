// Frames: the records of a protocol inside a stream or datagram, told by its parser with offset and length.
// Rules look at their bytes (`frame:dns.pdu`), events show them.
//
// A parser tells of frames through the FrameSink of its AppInput, which does nothing when neither a rule nor
// a log asks. What is asked for is kept in the flow's FrameLists until rules have seen all of it and logs
// have written it. Frames may lie inside each other. They own no bytes: those are in the stream, or in the
// datagram.
#pragma once

#include <cassert>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir {

// Index into ProtocolInfo::frames; or all that one side sends, from where the protocol begins.
using FrameType = std::uint8_t;
inline constexpr FrameType kStreamFrame = 31;
inline constexpr std::string_view kStreamFrameName = "stream";

using FrameTypes = std::uint32_t;  // bit i: type i
constexpr FrameTypes frame_bit(FrameType type) {
  return FrameTypes{1} << type;
}
inline constexpr FrameTypes kAllFrames = ~FrameTypes{0};

using FrameId = std::uint64_t;
inline constexpr FrameId kNoFrame = 0;

struct AppFrame {
  static constexpr std::uint64_t kUnknown = UINT64_MAX;

  FrameId id = kNoFrame;            // counts from 1 over the frames of a direction
  std::uint64_t offset = 0;         // of the first byte, in the stream or datagram
  std::uint64_t length = kUnknown;  // in bytes; may be more than will ever come
  std::uint64_t tx_id = kUnknown;   // of the transaction that it belongs to
  FrameType type = 0;
  bool open_ended = false;  // its length was not known when it was told of

  // --- the engine's bookkeeping
  bool inspected_whole = false, logged = false;
  std::uint64_t inspected = 0;  // rules have seen what lies before this offset

  // kUnknown with an unknown length, and where it would wrap.
  [[nodiscard]] std::uint64_t end() const { return length > kUnknown - offset ? kUnknown : offset + length; }
};

// The frames of one direction that are not done with, in the order of their ids.
class FrameList {
 public:
  // At once; further ones are not kept, only counted. A batch of transactions has fewer; a parser whose records are
  // no transactions pauses when the sink is full.
  static constexpr std::size_t kMaxFrames = 2048;
  static constexpr std::size_t kRoomOfRecord = 8;  // full() leaves it for the frames of one more record

  [[nodiscard]] std::span<AppFrame> frames() { return frames_; }
  [[nodiscard]] std::span<const AppFrame> frames() const { return frames_; }
  [[nodiscard]] bool empty() const { return frames_.empty(); }
  [[nodiscard]] bool full() const { return frames_.size() > kMaxFrames - kRoomOfRecord; }
  // No frame belongs to a transaction before this one; UINT64_MAX when none belongs to any.
  [[nodiscard]] std::uint64_t first_transaction() const { return first_tx_; }
  // Nothing was ever told of this direction.
  [[nodiscard]] bool untouched() const { return last_id_ == kNoFrame; }
  // Offset behind all that the parser has been shown.
  [[nodiscard]] std::uint64_t shown() const { return shown_; }
  void show(std::uint64_t end) { shown_ = end; }

  FrameId add(FrameType type, std::uint64_t offset, std::uint64_t length, std::uint64_t tx_id);
  // Null when there is no such frame (any more). The pointer is valid until the list changes.
  [[nodiscard]] AppFrame* find(FrameId id);
  template <class Condition>
  void remove_if(Condition&& condition) {
    if (std::erase_if(frames_, condition) != 0) settle();
  }
  // The protocol changes: ids count from 1 again.
  void reset() {
    frames_.clear();
    settle();
    last_id_ = kNoFrame;
  }
  // How many found no room since this was last asked.
  std::uint64_t take_refused() { return std::exchange(refused_, 0); }

 private:
  void settle();

  SlabVector<AppFrame> frames_;
  FrameId last_id_ = kNoFrame;
  std::uint64_t first_tx_ = AppFrame::kUnknown;
  std::uint64_t shown_ = 0, refused_ = 0;
};

// Where a parser tells of the frames in the data of one parse() call. Good until that call returns.
class FrameSink {
 public:
  FrameSink() = default;  // nobody asks
  // `wanted` are the types that somebody asks for; `offset` is the position of data[0] in its stream.
  FrameSink(FrameList& list, FrameTypes wanted, std::uint64_t offset, Bytes data)
      : list_(&list), wanted_(wanted), offset_(offset), data_(data) {}

  // A frame that begins where `at` does, in the data at hand. Its bytes may be still to come. kNoFrame when
  // it is not asked for or not kept; the other functions take that, too. Call it once a frame: the sink does
  // not compare.
  template <class Kind>
  FrameId begin(Kind kind, Bytes at, std::uint64_t length = AppFrame::kUnknown,
                std::uint64_t tx_id = AppFrame::kUnknown) {
    static_assert(std::is_enum_v<Kind>, "the protocol's own list of frames");
    if (list_ == nullptr || (wanted_ & frame_bit(static_cast<FrameType>(kind))) == 0) return kNoFrame;
    return list_->add(static_cast<FrameType>(kind), offset_of(at), length, tx_id);
  }
  // Of further frames none is kept before those so far are looked at.
  [[nodiscard]] bool full() const { return list_ != nullptr && list_->full(); }
  // The frame ends where `rest` begins.
  void end(FrameId id, Bytes rest) {
    if (list_ == nullptr || id == kNoFrame) return;
    if (AppFrame* frame = list_->find(id)) frame->length = offset_of(rest) - frame->offset;
  }

 private:
  [[nodiscard]] std::uint64_t offset_of(Bytes part) const {
    assert(part.data() >= data_.data() && part.data() <= data_.data() + data_.size());
    return offset_ + static_cast<std::uint64_t>(part.data() - data_.data());
  }

  FrameList* list_ = nullptr;
  FrameTypes wanted_ = 0;
  std::uint64_t offset_ = 0;
  Bytes data_;
};

}  // namespace weir
