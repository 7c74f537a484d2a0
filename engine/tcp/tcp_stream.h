// The ordered bytes of one direction of a TCP connection.
//
// Two readers, the application parser and the stream rules, go through the bytes at their own pace; a byte is
// kept until both are past it, and inline until it is acknowledged. Detect mode shows them what the receiver acknowledged, inline mode what came.
// A hole that the receiver acknowledged will not be filled any more: the readers are told its length and go
// on behind it.
//
// Positions are stream offsets: byte 0 is the first after the SYN. Memory is charged to the budget and given
// back by release(), which the session calls before it dies; bytes that do not fit are counted there and end
// up as a hole.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <boost/container/static_vector.hpp>

#include "decoders/slab.h"
#include "decoders/types.h"
#include "engine/tcp/host_system.h"
#include "engine/tcp/stream_memory.h"
#include "engine/tcp/stream_settings.h"
#include "engine/tcp/tcp_sequence.h"

namespace weir::engine {

// A byte of the sender that is out of band.
struct LeftOutByte {
  std::uint32_t sequence = 0;
  std::uint8_t byte = 0;  // with `came`
  bool came = false;
};

inline constexpr std::size_t kMostLeftOut = 4;

// What a TcpStream knows besides the bytes: its own, and of another reading of the same connection at first.
struct TcpStreamState {
  const StreamSettings* settings_ = nullptr;
  MemoryBudget* budget_ = nullptr;
  std::size_t pieces_begin_ = 0;
  std::uint64_t app_pos_ = 0, raw_pos_ = 0;
  std::uint64_t held_ = UINT64_MAX;  // see hold()
  std::uint64_t message_begin_ = 0;  // see begin_message()
  std::uint64_t whole_until_ =
      0;  // bytes from message_begin_ on are kept until the parser is behind this; 0: they are not
  std::uint64_t keep_ = UINT64_MAX;  // of these two the first that is to be kept
  std::uint64_t again_from_ = UINT64_MAX;  // see look_again_from()
  std::uint64_t acked_ = 0;          // offsets below it were acknowledged
  Extent fresh_;                     // inline mode: what came last, until stream rules have seen it
  std::uint64_t app_told_ = 0;       // what the parser could see when an update was last taken
  std::uint64_t end_ = 0;            // with end_known_
  std::uint64_t depth_ = 0;
  std::uint64_t closed_at_ = UINT64_MAX;  // stop_storing: where what is stored ends
  std::uint64_t bytes_seen_ = 0;
  std::uint64_t gap_noted_ = 0;  // holes below were counted
  std::uint32_t base_seq_ = 0;   // of what stands behind all that is left out
  std::uint32_t mark_ = 0;       // with has_mark_: a byte that is to be left out once its turn comes
  std::uint32_t chunk_size_ = 0, urgent_bytes_ = 0;
  std::uint16_t max_regions_ = 1, message_bytes_ = 0;
  // The last ones, in order. Bytes in front of more of them than are known here must not be inserted again.
  std::array<LeftOutByte, kMostLeftOut> left_out_{};
  std::uint8_t left_out_count_ = 0;
  HostSystem policy_ = HostSystem::bsd;
  bool raw_disabled_ = false, app_disabled_ = false, raw_triggered_ = false;
  bool end_known_ = false, finished_ = false, depth_reached_ = false;
  bool fin_ends_app_ = false, fin_ends_raw_ = false;  // see fin_counts
  bool has_gap_ : 1 = false, app_end_told_ : 1 = false, has_mark_ : 1 = false;
  bool has_doubt_ : 1 = false;  // one of pieces_ may be doubtful
};

class TcpStream : private TcpStreamState {
 public:
  // What the application parser can read next.
  struct Chunk {
    enum class Kind : std::uint8_t { none, data, gap } kind = Kind::none;
    Bytes data;             // contiguous, from the first unconsumed byte; valid until the session changes
    std::uint64_t gap = 0;  // kind gap: length of the hole; kind data: of the hole that is known to follow
                            // (data ends there for good), 0 when more may come
    // Nothing follows `data`, which may be empty with kind none: a FIN or RST in order (inline at once, else when the
    // connection is closed), depth reached, or the flow ended.
    bool eof = false;
  };
  [[nodiscard]] Chunk app_chunk() const;
  // n bytes of data are done with, or a gap (or its first n bytes) is skipped.
  void consume_app(std::uint64_t n);

  // What stream rules look at next: bytes that have not been inspected, when there are enough of them (the
  // chunk size), or trigger_raw was called, or the stream ended. Ends at a hole. It begins with up to
  // kLookBack bytes that were inspected before, so that a pattern across the seam is found; a match that
  // ends at or before new_offset was reported already. Inline it is each new segment at once, in order or
  // not, with its neighbourhood: up to a chunk size before it, so that a rule sees at least as much together
  // as otherwise, and all that is stored behind it without a hole.
  static constexpr std::uint64_t kLookBack = 512;  // longer than any pattern that is searched for as a whole
  struct RawChunk {
    Bytes data;
    std::uint64_t offset = 0;    // position of data[0] in the stream
    std::size_t new_offset = 0;  // data[new_offset] is the first byte that was never shown
    bool eof = false;
  };
  [[nodiscard]] bool raw_ready() const { return !raw_disabled_ && !is_gathering() && has_raw_chunk(); }
  [[nodiscard]] RawChunk raw_chunk() const;
  // Behind the hole at which raw_chunk ends there are more bytes.
  [[nodiscard]] bool more_behind_raw_chunk() const;
  // All that raw_chunk shows now is done with. Call raw_ready again: after a hole there may be more.
  void mark_raw_inspected();
  // The next raw_chunk is due whatever its size (a parser finished a message, the client has closed, the flow ends).
  void trigger_raw() { raw_triggered_ = true; }

  // Inline: stream rules have more to ask of the bytes from this offset on, though they have seen them: they are kept as long as
  // memory is not tight. A later offset than before changes nothing; UINT64_MAX: they have not.
  void look_again_from(std::uint64_t offset) {
    again_from_ = offset == UINT64_MAX ? offset : std::min(again_from_, offset);
  }
  [[nodiscard]] std::uint64_t again_from() const { return again_from_; }

  // No application parser (any more): bytes need not be kept for it.
  void disable_app();
  // No stream rules look at this direction.
  void disable_raw();
  // Not wanted: keep no bytes at all from here on.
  void disable_reassembly();
  // What comes is encrypted: no byte more is stored. Those that stream rules have not seen yet are shown to them at the
  // next occasion, and then this is disable_reassembly.
  void stop_storing();
  [[nodiscard]] bool raw_disabled() const { return raw_disabled_; }
  [[nodiscard]] bool reassembly_disabled() const { return app_disabled_ && raw_disabled_; }
  // A file of this direction is to be stored, or its protocol wants more: so many bytes (0: no limit) may be kept in all, if
  // that is more than the setting, or that has no limit. Without effect once the old depth was reached.
  void deepen(std::uint64_t bytes) {
    const std::uint64_t depth = bytes == 0 ? UINT64_MAX : bytes;
    if (!depth_reached_ && (depth > depth_ || depth_ == UINT64_MAX)) depth_ = depth;
  }

  [[nodiscard]] std::uint64_t bytes_seen() const {
    return bytes_seen_;
  }  // next expected sequence number less the initial one: stream_size
  [[nodiscard]] std::uint64_t app_position() const {
    return app_pos_;
  }  // offset of the next byte for the parser
  [[nodiscard]] bool has_gap() const { return has_gap_; }
  [[nodiscard]] bool depth_reached() const { return depth_reached_; }
  [[nodiscard]] bool ended() const { return finished_ || end_known_; }
  [[nodiscard]] std::uint32_t urgent_bytes() const { return urgent_bytes_; }
  // How many places far apart (kRegionGap) held bytes at the same time, at most; counts the first.
  [[nodiscard]] std::uint32_t max_regions() const { return max_regions_; }
  // The kept bytes that begin at `offset`, at most `length`, for logging; empty when they are gone.
  [[nodiscard]] Bytes kept(std::uint64_t offset, std::uint64_t length) const;

  // All of these bytes are stored, or past.
  [[nodiscard]] bool holds(std::uint32_t sequence, std::size_t length) const;
  // The first offset at or behind this one whose byte is kept; UINT64_MAX when there is none.
  [[nodiscard]] std::uint64_t next_kept(std::uint64_t offset) const;
  // Bytes from this offset on are kept for a third reader, whatever the others are done with; UINT64_MAX:
  // none are.
  void hold(std::uint64_t offset) {
    if (offset == held_) return;
    held_ = offset;
    keep_ = std::min(held_, whole_until_ != 0 ? message_begin_ : UINT64_MAX);
    trim();
  }

  // For another reading that begins in the middle of a message (tcp_readings.cc). Here the parser is between two: from here on
  // so many bytes are kept, until it is again, and only the first of them once it has taken more, or a hole. Nothing is
  // kept before the first call, without other readings and when half of the budget is used.
  static constexpr std::array<std::uint16_t, 2> kMessageBytes{8192, 2048};  // by Direction
  void begin_message();
  [[nodiscard]] std::uint64_t message_begin() const { return message_begin_; }
  // Of a copy: its parser begins with the message, as far as that is kept; behind it there is a hole. False: nothing is. May
  // throw std::bad_alloc, without effect.
  [[gnu::cold]] bool rewind_to_message();
  // Inline, what has come up to this sequence number, in order and without an end: all of the message in which the parser is,
  // or, where nothing is parsed, the last bytes. Empty when there is more of the message than `limit` bytes, or less is kept.
  // Valid until the session changes. `may_go_on`: the last bytes of what has ended.
  [[nodiscard]] Bytes last_bytes(std::uint32_t next_sequence, std::size_t limit, bool may_go_on) const;
  // What is kept of the stream before it is shown no more, from `begin` or its oldest byte on: at most
  // `limit` bytes, with "[N bytes missing]" in place of holes. For logging an alert on the stream. With an
  // `end` nothing behind it is copied, and a hole before it is told of though nothing follows.
  void copy_kept(std::vector<std::uint8_t>& out, std::size_t limit, std::uint64_t begin = 0,
                 std::uint64_t end = UINT64_MAX) const;

  // For TcpSession only, below.

  TcpStream(const StreamSettings& settings, MemoryBudget& budget, Direction direction);
  // A second reading of the same bytes, which goes its own way from here on. Throws std::bad_alloc, also when the budget has
  // no room.
  [[gnu::cold]] TcpStream(const TcpStream& other);
  TcpStream& operator=(const TcpStream&) = delete;
  ~TcpStream() { release(); }

  void set_policy(HostSystem policy) { policy_ = policy; }
  // The sequence number of byte 0.
  void start_at(std::uint32_t first_sequence) { base_seq_ = first_sequence; }

  // Before anything is stored: it begins with these bytes, which stream rules have seen and the parser has not.
  void begin_with(Bytes seen, std::uint32_t sequence);

  enum class Stored : std::uint8_t {
    nothing,  // not wanted: disabled, or beyond the depth
    added,    // at least one byte is new
    old,      // nothing new: all of it was there, or is past
    refused   // no memory, or too many segments out of order
  };
  struct Insertion {
    Stored stored = Stored::nothing;
    bool overlaps = false;         // stored bytes, or what is past
    bool overlap_differs = false;  // it overlaps stored bytes and says something else
    bool before_start = false;     // all of it lies before byte 0
    bool reached_depth = false;    // this segment reached the depth
    bool at_limit = false;         // refused, or a part of it: there are too many segments out of order
  };
  // Bytes of a `doubtful` segment give way to those of any other, whichever came first.
  Insertion insert(std::uint32_t sequence, Bytes payload, bool doubtful = false);
  // Before anything was acknowledged: the receiver takes none of it, and gets it again. Inline, where it was looked at, it
  // stays what is sent on.
  void begin_again();
  // The receiver has everything before this sequence number.
  void acknowledge(std::uint32_t sequence);
  // Something is stored behind bytes that the receiver has not confirmed and that we do not have.
  [[nodiscard]] bool has_hole() const;
  // The end is known, and some of what comes before it is still to come.
  [[nodiscard, gnu::cold]] bool end_waits() const;
  // Whether a hole was lost that this has not told before; of several, one at a time.
  bool note_hole();
  // The receiver has everything that is stored up to the first hole.
  void acknowledge_stored();
  // A host of this system would keep other bytes than those that insert() is about to keep.
  [[nodiscard, gnu::cold]] bool would_differ(std::uint32_t sequence, Bytes payload, HostSystem system) const;
  // Nothing follows the byte before this sequence number (FIN, or RST in order).
  void end_at(std::uint32_t sequence);
  // It goes on after all (the RST was not of its ends).
  void reopen() { end_known_ = false; }
  // What ended with a FIN has ended for the parser, for stream rules. Inline, and when the flow ends, it has anyway.
  void fin_counts(bool for_app, bool for_raw) {
    fin_ends_app_ = for_app;
    fin_ends_raw_ = for_raw;
  }
  // The flow ends: everything stored is shown, then eof.
  void finish() { finished_ = true; }
  // Of bytes out of band (tcp_urgent.cc). The byte at this sequence number is no part of the stream: once all before it is
  // there it is taken out, and later bytes close up. It may not have come yet; one that is marked later takes its place as
  // long as it was not taken out. False, and without effect: it is in order already, or, inline, stored like any other.
  bool leave_out(std::uint32_t sequence);
  // leave_out() would mark it, and it is not marked.
  [[nodiscard]] bool would_leave_out(std::uint32_t sequence) const;
  [[nodiscard]] bool has_left_out() const { return left_out_count_ != 0; }
  struct Part {        // of a segment
    std::uint32_t at;  // from its beginning
    Bytes bytes;       // may be empty
    LeftOutByte out;   // what stands behind it, if it came
  };
  using Parts = boost::container::static_vector<Part, kMostLeftOut + 1>;
  // What is left of these bytes without those that were taken out.
  [[nodiscard]] Parts parts_of(std::uint32_t sequence, Bytes bytes) const;
  // For another reading: a byte that is marked and was not taken out stays.
  void forget_mark() { has_mark_ = false; }
  // What lies far before the acknowledged one does not come again.
  void forget_left_out(std::uint32_t acknowledged);
  // Whether the parser has something new to see since this was last asked.
  bool take_app_update();
  // Copies what the stream holds over `payload` where they overlap: what the receiver will see if it got the
  // earlier bytes. Of a byte that was left out, too.
  void overlay(std::uint32_t sequence, std::span<std::uint8_t> payload) const;
  void note_sent(std::uint32_t next_sequence, std::uint32_t initial) {
    bytes_seen_ = next_sequence - initial;
  }
  void release();

 private:
  using Region = StreamBuffer;
  struct Piece {     // where bytes that may still be replaced came from
    Extent stored;   // the part of the segment that is stored
    Extent segment;  // the whole segment
    bool doubtful = false;
  };

  static constexpr std::uint64_t kRegionGap = 262144;  // bytes
  static constexpr std::size_t kMaxSpentPieces = 64;   // acknowledged ones that wait to be cleared away

  [[nodiscard]] std::int64_t offset_of(std::uint32_t sequence) const;
  void overlay_at(std::int64_t begin, std::span<std::uint8_t> payload) const;
  [[nodiscard]] std::int64_t left_out_from(std::uint32_t sequence) const {
    std::int64_t n = 0;
    for (std::size_t i = 0; i < left_out_count_; ++i) n += seq_leq(sequence, left_out_[i].sequence);
    return n;
  }
  [[gnu::cold]] void cut_when_due();
  void cut_out(std::uint64_t at);
  void close_up(std::uint64_t at);
  [[nodiscard]] std::uint64_t end_of_shown() const;
  [[nodiscard]] std::uint64_t certain_end() const;  // a hole below it stays one
  [[nodiscard]] std::uint64_t lost_until(std::uint64_t offset) const;
  [[nodiscard]] bool lacks_only_its_end(std::uint64_t offset) const;
  [[nodiscard]] bool over_at(std::uint64_t offset, bool fin_counts) const;
  [[nodiscard]] std::uint64_t raw_begin() const;
  [[nodiscard]] std::uint64_t raw_look_back(std::uint64_t from) const;
  [[nodiscard]] const Region* region_at(std::uint64_t offset) const;
  // Most often: bytes in order, and too few of them are acknowledged to make a chunk.
  [[nodiscard]] bool is_gathering() const {
    const bool may_end = end_known_ || depth_reached_ || finished_ || closed_at_ != UINT64_MAX;
    if (may_end || raw_triggered_ || settings_->inline_mode || !behind_.empty()) return false;
    return std::min(acked_, head_.end()) < raw_pos_ + chunk_size_;
  }
  [[nodiscard]] bool has_raw_chunk() const;
  [[nodiscard]] std::uint64_t hole_end(std::uint64_t offset) const;
  std::uint64_t floor();
  void trim();
  [[gnu::cold]] void cut_message();
  void forget_message() {
    whole_until_ = 0;
    keep_ = held_;
    opening_.release(*budget_);
  }
  void end_when_inspected();
  void mark_inline_inspected();

  // engine/tcp/tcp_reassembly.cc
  struct Arrival {  // the segment at hand
    Extent segment;
    std::uint64_t in_order_end;  // when it came
    bool doubtful;
  };
  [[nodiscard]] bool is_lost_track_of(const Extent& wanted) const;
  bool append_in_order(Bytes bytes, const Arrival& from);
  void insert_overlapping(const Extent& wanted, Bytes bytes, const Arrival& from, Insertion& out);
  void compare_with(Region& region, const Extent& part, Bytes bytes, const Arrival& from, Insertion& out);
  bool store_piece(std::uint64_t offset, Bytes bytes, const Arrival& from, Insertion& out);
  void join_regions();
  void remember(const Extent& stored, const Arrival& from);
  [[nodiscard]] std::size_t first_piece_behind(std::uint64_t offset) const;
  std::size_t hand_over(std::size_t at, const Extent& part, const Arrival& to);
  static bool replaces(HostSystem system, const Arrival& later, const Piece& earlier);
  [[nodiscard]] std::uint64_t in_order_end() const;
  void count_regions();
  void make_room_behind();

  Region opening_;             // of the message, when it is not kept whole
  Region head_;                // the bytes at the front; its offset is where the kept part begins
  SlabVector<Region> behind_;  // behind holes, in order, never touching head_
  SlabVector<Piece> pieces_;   // of bytes not yet acknowledged, in order; detect mode only
};

}  // namespace weir::engine
