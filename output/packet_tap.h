// What a pipeline tells a log of packets: its frames, the flows that are in them, and which of them are wanted.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "decoders/packet.h"
#include "output/sink.h"

namespace weir::output {

// In place of a file's name: it is not known yet, and is put there when the line is written (engine/log/line_merger.h). Stands
// in a line as it is, where no text of ours has a byte like it.
inline constexpr std::string_view kNamedLater = "\x1f";

// Frames are told apart by their number, which counts up from 1; flows by their id. One pipeline's; calls come in the order of
// its packets: for a frame first all about the packets inside it, then frame(), then what was found in the frame's own packet.
class PacketTap {
 public:
  PacketTap() = default;
  virtual ~PacketTap() = default;
  PacketTap(const PacketTap&) = delete;
  PacketTap& operator=(const PacketTap&) = delete;

  // A packet inside of a frame (a tunnel's, a datagram put together of fragments) belongs to a flow.
  virtual void inner_flow(std::uint64_t frame, std::uint64_t flow) = 0;
  // `flow` 0: none. The bytes are copied.
  virtual void frame(const RawPacket& raw, std::uint64_t frame, std::uint64_t flow) = 0;
  // From now on the flow's frames are wanted, those that are still known too, and this one. 0: no flow, no frame. With a
  // condition only if that holds.
  virtual void wanted(std::uint64_t frame, std::uint64_t flow,
                      const std::shared_ptr<LineCondition>& condition) = 0;
  // No frame of it comes any more.
  virtual void flow_over(std::uint64_t flow) = 0;
  // Where the frame that was kept last has gone to; empty: nowhere yet. Lives until the next call.
  [[nodiscard]] virtual std::string_view file() = 0;
};

// Takes the frames that are kept.
class PacketOut {
 public:
  PacketOut() = default;
  virtual ~PacketOut() = default;
  PacketOut(const PacketOut&) = delete;
  PacketOut& operator=(const PacketOut&) = delete;
  // `raw.bytes` is copied or written. What fails is counted.
  virtual void write(const RawPacket& raw) = 0;
  // As PacketTap::file().
  [[nodiscard]] virtual std::string_view file() = 0;
};

}  // namespace weir::output
