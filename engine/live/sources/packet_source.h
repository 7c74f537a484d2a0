// Where a live worker's packets come from, and where its verdicts go.
//
// One source a worker, used by that worker's thread only: AF_PACKET ring, libpcap handle, NFQUEUE socket. A
// source is made when the rules are ready: an inline one binds its queue then, not before.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "decoders/packet.h"
#include "engine/account/verdict.h"

namespace weir::engine {

// What the kernel says of a source since it was opened, for stats events ("capture.").
struct CaptureCounters {
  std::uint64_t kernel_packets = 0;  // handed to us or dropped
  std::uint64_t kernel_drops = 0;    // we were too slow
  std::uint64_t errors = 0;          // of reading
  std::uint64_t waiting = 0;         // packets in the kernel's ring or queue, as of now
  CaptureCounters& operator+=(const CaptureCounters& other) {
    kernel_packets += other.kernel_packets;
    kernel_drops += other.kernel_drops;
    errors += other.errors;
    waiting += other.waiting;
    return *this;
  }
};

// What an inline source is to do with a packet.
struct Judgement {
  Verdict verdict = Verdict::accept;
  Bytes bytes{};  // not empty: passed on instead of the packet's own, from the same header on; until the next
                  // packet
  bool bypass = false;  // the rest of the flow need not come to us any more
};

// Takes packets from a source, one at a time.
class PacketHandler {
 public:
  virtual ~PacketHandler() = default;
  // `raw` and its bytes are needed only during the call; its number is 0. `checksums_count`: false when the
  // kernel says that the sender's card has yet to fill them in.
  virtual Judgement packet(const RawPacket& raw, bool checksums_count) = 0;
};

class PacketSource {
 public:
  virtual ~PacketSource() = default;
  // Waits up to `wait` for packets and hands those that are there, a bounded batch, to `handler`; verdicts
  // are carried out before it returns. Gives how many there were; 0 when none came in time. What mends itself
  // (an interface that is down, a full socket buffer) is counted, not an error; an error ends the worker.
  virtual tl::expected<std::size_t, std::string> poll(PacketHandler& handler,
                                                      std::chrono::milliseconds wait) = 0;
  // Packets may have gone by without us since the last call: the kernel's queue was full, somebody else judged them.
  virtual bool take_missed() { return false; }
  // The run ends: what has been handed to us already is judged, then nothing comes any more.
  virtual void close(PacketHandler& handler) = 0;
  // The source's thread is stuck: packets go to nobody, or to a source that is opened anew. The only function
  // that another thread may call.
  virtual void abandon() {}
  [[nodiscard]] virtual CaptureCounters counters() = 0;
  // The interface, for events (in_iface); empty when there is none.
  [[nodiscard]] virtual std::string_view interface() const { return {}; }
};

}  // namespace weir::engine
