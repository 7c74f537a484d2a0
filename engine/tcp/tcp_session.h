// One TCP connection: its state machine (RFC 9293, as a bystander sees it) and the ordered bytes of both
// directions.
//
// on_segment tracks the connection and stores payload; the two streams then offer what has become available.
// Detect mode releases bytes when the receiver acknowledged them; inline mode at once, so that they are
// inspected before they are passed on. A segment that the receiver would not take (outside the window, old
// timestamp, wrong acknowledgment) is invalid: it changes neither state nor streams, and says so in an event.
// Of some segments only the receiver knows whether it takes them: systems differ, or it depends on packets that a
// capture may have lost. Inline, where nothing is lost, they are invalid too. In detect mode such a doubtful segment
// moves no sequence number and closes nothing by itself, and its bytes give way to those of any other.
// Belongs to a flow; used by one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <boost/container/static_vector.hpp>

#include "decoders/anomaly.h"
#include "decoders/packet.h"
#include "decoders/slab.h"
#include "decoders/types.h"
#include "engine/tcp/stream_memory.h"
#include "engine/tcp/stream_settings.h"
#include "engine/tcp/tcp_memory.h"
#include "engine/tcp/tcp_stream.h"

namespace weir::engine {

// What one packet did.
struct SegmentResult {
  bool in_session = false;     // the connection is followed (a handshake was seen, or midstream pick-up)
  bool payload_added = false;  // its bytes went into the stream (and are inspected there, not in the packet)
  bool invalid = false;        // outside the window, wrong state ...: not part of the stream
  bool midstream = false;      // of a connection whose beginning was not seen, and that is not followed yet
  bool doubtful = false;       // only the receiver knows whether it takes it: detect mode only
  bool refused = false;        // its bytes found no room
  bool at_limit = false;       // refused, or a part of it: too many segments wait behind holes
  bool overlaps = false;       // some of its bytes were stored before, or are past
  bool became_established = false, became_closed = false;
  bool is_retransmission = false;
  bool urgent_drop = false;  // the urgent policy wants this packet dropped (prevent mode)
  // Inline: the byte that its urgent pointer marks was sent on as one like any other; the pointer must not be.
  bool urgent_is_data = false;
  // Inline: what the receiver was already sent differs from this packet's payload, which must be replaced by
  // TcpSession::replacement() before anything looks at it.
  bool payload_differs = false;
  // Which directions have new bytes (or an end) for the application layer and for stream rules.
  std::array<bool, 2> app_update{false, false};
  std::array<bool, 2> raw_update{false, false};
};

// In what a receiver reads otherwise than the one that is followed without any configuration.
struct TcpReading {
  HostSystem system = HostSystem::bsd;
  bool urgent_stays = false;  // in the stream (SO_OOBINLINE); then `system` says nothing
};

inline constexpr std::size_t kMaxStreamEvents = 8;  // of one packet; further ones are not kept
using StreamEvents = boost::container::static_vector<Anomaly, kMaxStreamEvents>;

// What a TcpSession knows of the connection as a whole.
struct TcpSessionState {
  const StreamSettings* settings_ = nullptr;
  MemoryBudget* budget_ = nullptr;
  TcpState state_ = TcpState::none;
  bool midstream_ = false, async_ = false, four_way_ = false, fast_open_ = false, swapped_ = false;
  bool turned_ = false;  // sides_[1] is the client
  bool urgent_stays_ = false;  // read as with the urgent policy "inline"
  bool closed_by_reset_ = false, was_open_ = false, systems_known_ = false;
  Direction reset_by_ = Direction::to_server;
  Direction async_side_ = Direction::to_server;  // with async_: the side that we see
};

class TcpSession : public Slabbed, private TcpSessionState {
 public:
  // Settings and budget outlive the session.
  TcpSession(const StreamSettings& settings, MemoryBudget& budget);
  ~TcpSession();
  TcpSession& operator=(const TcpSession&) = delete;

  // stream.memcap has room for one more session.
  static bool fits(const MemoryBudget& budget);

  // `direction` is relative to the flow. A SYN|ACK seen first may turn the flow round: see take_swapped().
  SegmentResult on_segment(const Packet& packet, Direction direction);
  // The flow ends: everything stored becomes available, then eof.
  void finish();

  // What there is to know of the connection once this session is gone.
  [[nodiscard]] TcpMemory memory() const;
  // TcpStream::last_bytes of the client, which its next segment follows.
  [[nodiscard]] Bytes last_of_client(std::size_t limit) const {
    const Side& client = side(Direction::to_server);
    return client.stream.last_bytes(client.next_seq, limit, closed_by_reset_);
  }
  // Before the first segment, of a session whose sides are those of the memory: goes on where that one stood. The streams
  // begin with what was not acknowledged then; that of the client with `request`, its last bytes, as if they had just come and
  // only stream rules had seen them.
  void resume(const TcpMemory& memory, Bytes request = {});

  // Before on_segment: what it brings lies where bytes were sent before, or begins there, or a byte of it is urgent.
  [[nodiscard]] bool is_ambiguous(const Packet& packet, Direction direction) const {
    if ((packet.tcp.flags & tcp_flag::urg) != 0) return true;
    return !packet.payload.empty() && seq_lt(packet.tcp.sequence, side(direction).next_seq);
  }
  // With is_ambiguous: such a receiver keeps other bytes of it than the one we follow. Only where the configuration
  // does not say which system the receiver runs, or what becomes of urgent bytes. Inline they differ in urgent bytes alone.
  [[nodiscard, gnu::cold]] bool would_differ(const Packet& packet, Direction direction,
                                             const TcpReading& reading) const;
  // The same connection as it is now, for reading what comes as such receivers do: as that system, or as now but with urgent
  // bytes left in. Throws std::bad_alloc, also when the budget
  // has no room.
  [[nodiscard, gnu::cold]] std::unique_ptr<TcpSession> read_as(const TcpReading& reading) const;

  [[nodiscard]] TcpStream& stream(Direction d) { return side(d).stream; }
  [[nodiscard]] const TcpStream& stream(Direction d) const { return side(d).stream; }
  [[nodiscard]] TcpState state() const { return state_; }
  // False until a handshake began or the connection was picked up: then nothing is known of it but flags.
  [[nodiscard]] bool followed() const { return state_ != TcpState::none; }
  [[nodiscard]] std::uint8_t flags(Direction d) const { return side(d).flags_seen; }
  // The handshake is complete, or was never asked for (midstream).
  [[nodiscard]] bool established() const { return state_ >= TcpState::established; }
  // Whether receivers take what the streams have: with fast open before the handshake is done.
  [[nodiscard]] bool takes_data() const { return established() || fast_open_; }
  [[nodiscard]] bool is_midstream() const { return midstream_; }
  // This packet showed that client and server are the other way round (first seen: SYN|ACK): the engine swaps
  // the flow's sides; the session has already done so. Cleared by reading.
  bool take_swapped();
  // The engine (or protocol detection) found that the flow's sides are the other way round.
  void swap_sides() {
    turned_ = !turned_;
    async_side_ = opposite(async_side_);
  }
  // Stream events of the last packet ("stream.pkt_invalid_ack" ...).
  [[nodiscard]] const StreamEvents& events() const { return events_; }
  // As long as the payload.
  [[nodiscard]] Bytes replacement() const { return replacement_; }
  // The server has answered the SYN that we saw: there is no other connection of these ends.
  [[nodiscard]] bool is_answered() const { return state_ >= TcpState::syn_recv && !midstream_; }
  // A SYN that reuses the 5-tuple of a connection that is over (or was never followed): the engine ends this
  // flow and starts another. Detect mode: also the SYN|ACK that answers a SYN which this one did not take. The server
  // knew better that the connection was over: of what ends one, systems take more or less.
  [[nodiscard]] static bool is_reuse(const TcpSession& old, const Packet& packet, Direction direction) {
    if ((packet.tcp.flags & tcp_flag::syn) == 0) return false;
    return opens(packet.tcp) ? old.is_over_for(packet.tcp.sequence, direction)
                             : old.newly_answered(packet, direction) != nullptr;
  }
  // With is_reuse of a SYN|ACK: that connection as its SYN left it, this direction being that of the server. Null: the
  // packet is no such SYN|ACK, or there is no memory for it.
  [[nodiscard]] std::unique_ptr<TcpSession> begun_again(const Packet& packet, Direction direction) const;

 private:
  struct Side : TcpSideNumbers {
    Side(const StreamSettings& settings, MemoryBudget& budget, Direction d) : stream(settings, budget, d) {}
    std::uint32_t claimed = 0;       // with has_claim: doubtful acknowledgments say that it sent up to here
    std::uint32_t doubtful_end = 0;  // with has_doubtful_end: doubtful segments of it went up to here
    std::uint32_t doubtful_fin = 0;  // with has_doubtful_fin: the sequence number of a FIN
    bool offers_scale = false;
    bool is_near = true;  // its SYN had no hops left either, or was not seen
    bool has_claim = false, has_doubtful_end = false, has_doubtful_fin = false, has_doubtful_reset = false;
    std::uint8_t flags_seen = 0;
    HostSystem system = HostSystem::bsd;
    TcpStream stream;
  };
  // A SYN or SYN|ACK that differs from the one we follow; the peer's answer shows which was taken.
  struct Opening {
    std::uint32_t isn, acknowledgment, timestamp;
    std::uint32_t length;  // of its data
    std::uint16_t window;
    std::uint8_t scale;
    bool has_timestamp, has_md5, offers_scale, is_near;
  };
  struct Openings : Slabbed {
    SlabVector<Opening> syns, synacks;
  };
  Side& side(Direction d) { return sides_[turned_ ? 1 - index(d) : index(d)]; }
  [[nodiscard]] const Side& side(Direction d) const { return sides_[turned_ ? 1 - index(d) : index(d)]; }
  Side& client() { return side(Direction::to_server); }
  Side& server() { return side(Direction::to_client); }

  [[gnu::cold]] TcpSession(const TcpSession& other);

  // tcp_session.cc
  void dispatch(const Packet& p, Direction d);
  void on_closed(const Packet& p, Direction d);
  void learn_systems(const Packet& p, Direction d);
  [[nodiscard]] bool is_over_for(std::uint32_t syn, Direction d) const;
  [[nodiscard]] bool has_ended(Direction d) const;

  // tcp_handshake.cc: none, syn_sent, syn_recv
  void on_first(const Packet& p, Direction d);
  void start_with_syn(const Packet& p, Direction d);
  void pick_up_synack(const Packet& p, Direction d);
  void pick_up_midstream(const Packet& p, Direction d);
  void on_syn_sent(const Packet& p, Direction d);
  void on_reset_in_syn_sent(const Packet& p, Direction d);
  void resend_syn(const Packet& p);
  void simultaneous_syn(const Packet& p);
  void answer_syn(const Packet& p);
  void answer_simultaneous_syn(const Packet& p);
  void go_on_one_sided(const Packet& p);
  void on_syn_recv(const Packet& p, Direction d);
  void on_fin_in_syn_recv(const Packet& p, Direction d);
  void resend_synack(const Packet& p, Direction d);
  bool completes_handshake(const Packet& p, Direction d);
  [[gnu::cold]] void remember_syn(const Packet& p, Direction d);
  [[nodiscard, gnu::cold]] const Opening* newly_answered(const Packet& p, Direction d) const;
  bool adopt_syn(std::uint32_t acknowledgment);
  bool adopt_synack(std::uint32_t acknowledgment);
  static Opening opening_of(const Packet& p);
  static void open_side(Side& s, const Opening& o);
  void take_opening_data(const Packet& p, Direction d);
  static void leave_opening_data(Side& s);
  void agree_on_options();

  // tcp_established.cc: established and all later states
  void on_established(const Packet& p, Direction d);
  void on_data(const Packet& p, Direction d);
  void on_syn_established(const Packet& p, Direction d);
  void on_fin(const Packet& p, Direction d);
  void on_reset(const Packet& p, Direction d);
  void close_by_reset(Direction d);
  bool segment_ok(const Packet& p, Direction d);
  void take_segment(const Packet& p, Direction d);
  void take_fin(Direction d, std::uint32_t sequence, bool confirms_fin);
  [[nodiscard]] bool covers_waiting_fin(const Packet& p, Direction d) const;
  void take_fin_back(Direction d);
  void take_doubtful_fin(Direction d, std::uint32_t sequence);
  void believe_fin(Direction d, std::uint32_t ack);
  void advance_on_ack(const Packet& p, Direction d);

  // tcp_payload.cc
  void store_payload(const Packet& p, Direction d);
  void store_bytes(Direction d, std::uint32_t sequence, Bytes bytes);
  void rewrite_overlap(const Packet& p, Direction d, std::uint32_t first);
  [[nodiscard]] bool shrinks_window(const Packet& p, Direction d) const;
  void take_ack(const Packet& p, Direction d);

  // tcp_urgent.cc
  [[gnu::cold]] UrgentPolicy read_urgent(const Packet& p, Direction d);
  [[gnu::cold]] void read_urgent_at_edge(const Packet& p, Direction d);
  void store_around(const Packet& p, Direction d, std::uint32_t mark);
  void store_parts(const Packet& p, Direction d);
  [[nodiscard]] bool marks_a_byte(const Packet& p, Direction d) const;

  // tcp_validate.cc
  bool has_control_bits(const Packet& p);
  [[nodiscard]] bool systems_differ(const Packet& p, Direction d) const;
  bool take_doubt();
  [[nodiscard]] std::uint32_t sent_by(const Side& s) const {
    return s.has_doubtful_end ? seq_max(s.next_seq, s.doubtful_end) : s.next_seq;
  }
  [[nodiscard]] std::uint32_t send_limit_of(const Side& s) const {
    return s.has_claim ? seq_max(s.send_limit, s.claimed + s.window) : s.send_limit;
  }
  bool timestamp_ok(const Packet& p, Direction d);
  void take_timestamp(const Packet& p, Direction d);
  bool ack_ok(const Packet& p, Direction d);
  bool window_ok(const Packet& p, Direction d);
  [[nodiscard]] bool reset_ok(const Packet& p, Direction d) const;
  [[nodiscard]] bool is_doubtful_reset(const Packet& p, Direction d) const;
  [[nodiscard]] bool goes_past_end(const Packet& p, Direction d) const;
  [[nodiscard]] bool is_keep_alive(const Packet& p, Direction d) const;
  [[nodiscard]] std::uint32_t announced_window(const Packet& p, Direction d) const;

  void note(Anomaly a) {
    if (events_.size() < kMaxStreamEvents) events_.push_back(a);
  }
  void refuse(Anomaly a) {
    note(a);
    result_.invalid = true;
    result_.doubtful = false;
  }

  std::array<Side, 2> sides_;
  std::unique_ptr<Openings> openings_;  // only when there is more than one
  std::vector<std::uint8_t> replacement_;
  StreamEvents events_;
  SegmentResult result_;
};

}  // namespace weir::engine
