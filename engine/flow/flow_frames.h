// The frames of a flow that rules and logs are not done with, and their bytes as far as they are there.
//
// Bytes of frames in a TCP stream are kept until rules have seen them: see TcpStream::hold. A frame whose length its
// header tells is looked at when it is whole, or nothing more of it will come; one that is very long, or whose length
// only its end tells, in steps of kFrameStep bytes, however it comes: the same is seen of it in any segments. Inline, each
// segment is a step. A frame is shown from its start while it is short, and then with what lies just before the new
// bytes. So each byte is looked at a bounded number of times, and at most kFrameWhole bytes a direction wait.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "decoders/app/frame.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::engine {

struct Flow;
class TcpStream;

struct FlowFrames : Slabbed {
  std::array<FrameList, 2> by_direction;  // index(Direction)
};

inline constexpr std::uint64_t kFrameStep = 2500;
inline constexpr std::uint64_t kFrameWhole = 65536;  // longer ones are looked at in steps, too
// As long as no more of it has been looked at, a frame in steps is shown from its start; then with so much of what was.
inline constexpr std::uint64_t kFrameShort = 4096, kFrameLookBack = 512;

// How much of a frame there is.
struct FrameExtent {
  std::uint64_t end = 0;  // offset behind what is there
  bool complete = false;  // that is the frame's own end
  bool final = false;     // nothing more of it will come
  bool operator==(const FrameExtent&) const = default;
};
// A frame, and what there was of it when rules or a log looked at it. Valid until the list of frames changes.
struct FrameLook {
  const AppFrame* frame = nullptr;
  std::uint64_t begin = 0;  // offset of the first byte that was shown
  FrameExtent extent;
  // As far as it was known then: else of what there was.
  [[nodiscard]] std::uint64_t length() const;
};

// Where rules look at a frame from when more of it comes: no byte before it is needed any more.
std::uint64_t needed_from(const AppFrame& frame);
// The same for all frames of a direction; UINT64_MAX when there is none.
std::uint64_t needed_from(const FrameList& list);

// No frame of the flow that is not done with belongs to a transaction before this one.
std::uint64_t first_transaction_of_frames(const Flow& flow);
// Keeps in the stream what is needed of the direction's frames, and nothing more. The flow has frames.
void hold_frames(Flow& flow, Direction direction);
// Lets go of all frames of both directions; ids begin anew. The flow need not have any.
void drop_frames(Flow& flow);

// Of one direction's frames: what there is, and the bytes.
class FrameBytes {
 public:
  // `datagram` is the payload at hand; of a TCP flow it does not count. Flow and datagram outlive this.
  FrameBytes(const Flow& flow, Direction direction, Bytes datagram);

  [[nodiscard]] FrameExtent extent(const AppFrame& frame) const;
  // What is to be looked at once all before `seen` (an offset in or behind the frame) has been: none when more must come
  // first. With `in_steps` short frames do not wait until they are whole, either.
  [[nodiscard]] std::optional<FrameExtent> due(const AppFrame& frame, std::uint64_t seen,
                                               bool in_steps) const;
  // The first run of bytes at or behind `at` and before `end`; `at` becomes its offset. Empty when there is
  // none.
  [[nodiscard]] Bytes next(std::uint64_t& at, std::uint64_t end) const;
  // Copies what was looked at of a frame and is still there, at most `limit` bytes, with "[N bytes missing]" in place of
  // holes.
  void copy(const FrameLook& look, std::size_t limit, std::vector<std::uint8_t>& out) const;

 private:
  const TcpStream* stream_ = nullptr;  // null: the datagram
  Bytes datagram_;
  std::uint64_t shown_ = 0;
  bool over_ = false;  // the direction is
};

}  // namespace weir::engine
