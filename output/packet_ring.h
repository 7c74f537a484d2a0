// The last frames of a run, for the case that an alert comes on the flow of one of them: a ring of bytes of a fixed size. A new
// frame takes the place of the oldest. Nothing is allocated after the start.
//
// Frames of a flow are found through chains: each frame names the one before it whose flow falls into the same bucket. A chain
// ends where the ring does, so that nothing is taken out of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "decoders/packet.h"

namespace weir::output {

class PacketRing {
 public:
  // Room for at least one frame of any size, whatever is asked for.
  explicit PacketRing(std::size_t bytes);

  // A frame of these flows.
  void add(const RawPacket& raw, std::uint64_t frame, std::span<const std::uint64_t> flows);
  // Calls f(raw) for each frame of the flow that was not taken before, oldest first. The views live for the call.
  template <class F>
  void take_flow(std::uint64_t flow, F&& f) {
    find(flow);
    for (std::size_t i = found_.size(); i-- > 0;) f(take(found_[i]));
  }
  // The same of the frame that was added last, if it is this one. False: it is not.
  template <class F>
  bool take_last(std::uint64_t frame, F&& f) {
    if (!is_last(frame)) return false;
    if (!head_of(last_).taken) f(take(last_));
    return true;
  }
  [[nodiscard]] std::size_t capacity() const { return bytes_.size(); }

 private:
  struct Head {
    std::uint64_t frame;
    TimeUs time;
    std::uint32_t wire_length, length;
    std::int32_t link_type;
    std::uint32_t links;
    bool taken;
  };
  struct Link {  // behind the head, one a flow
    std::uint64_t flow;
    std::uint64_t before;  // place of the link before it in its chain
    std::uint64_t entry;   // place of the head
  };
  static constexpr std::uint64_t kNowhere = 0;

  [[nodiscard]] std::size_t index(std::uint64_t place) const {
    return static_cast<std::size_t>(place % bytes_.size());
  }
  [[nodiscard]] std::uint64_t& bucket(std::uint64_t flow);
  [[nodiscard]] Head head_of(std::uint64_t place) const;
  [[nodiscard]] bool is_last(std::uint64_t frame) const;
  std::uint64_t make_room(std::size_t size);
  void find(std::uint64_t flow);
  RawPacket take(std::uint64_t place);

  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint64_t> buckets_;  // place of the newest link of each chain
  std::vector<std::uint64_t> found_;    // places of heads, newest first
  // Places count all bytes ever used; what lies before `begin_` is overwritten.
  std::uint64_t begin_ = 1, end_ = 1, last_ = kNowhere;
};

}  // namespace weir::output
