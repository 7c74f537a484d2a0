// One TCP connection: its state machine and the ordered bytes of both directions.
//
// TcpSession::on_segment tracks the connection and stores payload; the two streams then offer what has become
// available. Detect mode ("ids") releases bytes when the receiver acknowledged them; inline mode at once, so that
// they are inspected before they are passed on. Memory is charged to a MemoryBudget shared by the worker's sessions.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "decoders/anomaly.h"
#include "decoders/packet.h"
#include "decoders/settings.h"
#include "decoders/types.h"

namespace weir::engine {

enum class TcpState : std::uint8_t {
  none, syn_sent, syn_recv, established, fin_wait1, fin_wait2, time_wait, last_ack, close_wait, closing, closed
};
// "syn_sent" ...: EVE's tcp.state.
std::string_view to_string(TcpState s);

// Suricata's `stream:` section.
struct StreamSettings {
  std::uint64_t memcap_bytes = 64ULL << 20U;
  std::uint64_t reassembly_memcap_bytes = 256ULL << 20U;
  std::uint64_t depth_bytes = 1ULL << 20U;  // per direction; 0: no limit
  std::uint32_t chunk_to_server = 2560, chunk_to_client = 2560;
  bool midstream = false, async_oneside = false, inline_mode = false;
  std::uint32_t max_synack_queued = 5, max_syn_queued = 10;
  std::uint32_t max_segments_queued = 8192;  // out-of-order segments of one direction
  static StreamSettings from(const Settings& stream_section, bool inline_mode);
};

struct MemoryBudget {
  std::uint64_t limit = 0, used = 0;
  std::uint64_t refused = 0;  // how often something did not fit
};

// The ordered bytes of one direction.
class TcpStream {
 public:
  // What the application parser can read next.
  struct Chunk {
    enum class Kind : std::uint8_t { none, data, gap } kind = Kind::none;
    Bytes data;                // contiguous, from the first unconsumed byte; valid until the session changes
    std::uint64_t gap = 0;     // length of the hole before the next data
    bool eof = false;          // nothing follows `data` (FIN or RST in order, depth reached, or the flow ended)
  };
  [[nodiscard]] Chunk app_chunk() const;
  // n bytes of data are done with, or a gap is skipped.
  void consume_app(std::uint64_t n);

  // What stream rules look at next: bytes that have not been inspected, when there are enough of them (the chunk size)
  // or `flush` is set. Ends at a gap. Bytes before it that were inspected are not shown again.
  struct RawChunk {
    Bytes data;
    std::uint64_t offset = 0;  // position in the stream
    bool eof = false;
  };
  [[nodiscard]] bool raw_ready() const;
  [[nodiscard]] RawChunk raw_chunk() const;
  void mark_raw_inspected();
  // The next raw_chunk is due whatever its size (a parser finished a message, the flow ends).
  void trigger_raw() { raw_triggered_ = true; }

  // No application parser (any more): bytes need not be kept for it.
  void disable_app();
  // Encrypted or otherwise not wanted: keep no bytes at all from here on.
  void disable_reassembly();
  [[nodiscard]] bool app_disabled() const;
  [[nodiscard]] bool reassembly_disabled() const;

  [[nodiscard]] std::uint64_t bytes_seen() const;       // highest in-order position, as stream_size counts
  [[nodiscard]] std::uint64_t app_position() const;     // stream offset of the next byte for the parser
  [[nodiscard]] bool has_gap() const;
  [[nodiscard]] bool depth_reached() const;

  // (state and segment store: filled in by the implementation)
 private:
  bool raw_triggered_ = false;
};

// What one packet did.
struct SegmentResult {
  bool in_session = false;       // the connection is followed (a handshake was seen, or midstream pick-up)
  bool payload_added = false;    // its bytes went into the stream (and are inspected there, not in the packet)
  bool invalid = false;          // outside the window, wrong state ...: not part of the stream
  bool became_established = false, became_closed = false;
  bool is_retransmission = false;
  // Which directions have new bytes (or an end) for the application layer and for stream rules.
  std::array<bool, 2> app_update{false, false};
  std::array<bool, 2> raw_update{false, false};
};

class TcpSession {
 public:
  TcpSession(const StreamSettings& settings, MemoryBudget& budget);
  ~TcpSession();

  // `direction` is relative to the flow. A SYN|ACK seen first may turn the flow round: see swapped().
  SegmentResult on_segment(const Packet& packet, Direction direction);
  // The flow ends: everything stored becomes available, then eof.
  void finish();

  [[nodiscard]] TcpStream& stream(Direction d);
  [[nodiscard]] TcpState state() const;
  [[nodiscard]] std::uint8_t flags(Direction d) const;  // all TCP flags seen from that side
  [[nodiscard]] bool established() const;               // the handshake is complete, or was never asked for (midstream)
  [[nodiscard]] bool is_midstream() const;
  // This packet showed that client and server are the other way round (first seen: SYN|ACK). Cleared by reading.
  bool take_swapped();
  // Stream events of the last packet ("stream.pkt_invalid_ack" ...).
  [[nodiscard]] const std::vector<Anomaly>& events() const;
  // A SYN that reuses the 5-tuple of a closed connection: the engine ends this flow and starts another.
  [[nodiscard]] static bool is_reuse(const TcpSession& old, const Packet& packet, Direction direction);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::engine
