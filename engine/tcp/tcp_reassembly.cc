// The storing half of TcpStream: where arriving bytes go, and who wins when they overlap.
#include <algorithm>
#include <cstring>
#include <new>

#include "engine/tcp/tcp_stream.h"

namespace weir::engine {
namespace {

Bytes part_of(Bytes bytes, const Extent& whole, const Extent& part) {
  return bytes.subspan(static_cast<std::size_t>(part.begin - whole.begin),
                       static_cast<std::size_t>(part.end - part.begin));
}

}  // namespace

TcpStream::Insertion TcpStream::insert(std::uint32_t sequence, Bytes payload, bool doubtful) {
  Insertion out;
  const std::int64_t signed_begin = offset_of(sequence);
  const std::int64_t signed_end = signed_begin + static_cast<std::int64_t>(payload.size());
  if (signed_end <= 0) return {.stored = Stored::old, .before_start = true};
  if (signed_begin < 0) payload = payload.subspan(static_cast<std::size_t>(-signed_begin));
  const Extent segment{signed_begin < 0 ? 0 : static_cast<std::uint64_t>(signed_begin),
                       static_cast<std::uint64_t>(signed_end)};
  Extent wanted = segment;
  wanted.end = std::min({wanted.end, depth_, closed_at_});
  if (end_known_) wanted.end = std::min(wanted.end, end_);
  if (segment.end >= depth_ && !depth_reached_) depth_reached_ = out.reached_depth = true;
  if (reassembly_disabled()) {
    if (head_.empty()) head_.offset = std::max(head_.offset, segment.end);
    return out;
  }
  if (wanted.begin >= wanted.end) return out;
  if (settings_->inline_mode && is_lost_track_of(wanted)) {
    ++budget_->refused;
    return {.stored = Stored::refused};
  }
  out.overlaps = wanted.begin < head_.offset;
  wanted.begin = std::max(wanted.begin, head_.offset);
  if (wanted.begin >= wanted.end) {
    out.stored = Stored::old;
    return out;
  }
  payload = part_of(payload, segment, wanted);
  const Arrival from{segment, in_order_end(), doubtful};
  const bool in_order =
      wanted.begin == head_.end() && (behind_.empty() || wanted.end < behind_.front().offset);
  if (in_order)
    out.stored = append_in_order(payload, from) ? Stored::added : Stored::refused;
  else
    insert_overlapping(wanted, payload, from, out);
  if (settings_->inline_mode) {
    const bool shown = out.stored == Stored::added || out.stored == Stored::old;
    // Both sides of a byte that was left out come with one segment, and stand together here.
    const bool goes_on = shown && fresh_.begin < fresh_.end && fresh_.end == wanted.begin;
    fresh_ = shown ? Extent{goes_on ? fresh_.begin : wanted.begin, wanted.end} : Extent{};
  }
  if (has_mark_) cut_when_due();
  return out;
}

// Its receiver may not have these bytes yet, and what we had of them went for want of memory.
bool TcpStream::is_lost_track_of(const Extent& wanted) const {
  return std::max(wanted.begin, acked_) < std::min(wanted.end, head_.offset);
}

bool TcpStream::append_in_order(Bytes bytes, const Arrival& from) {
  const std::uint64_t begin = head_.end();
  if (!head_.append(bytes.data(), static_cast<std::uint32_t>(bytes.size()), *budget_)) return false;
  remember({begin, head_.end()}, from);
  return true;
}

void TcpStream::insert_overlapping(const Extent& wanted, Bytes bytes, const Arrival& from, Insertion& out) {
  out.stored = Stored::old;
  std::uint64_t at = wanted.begin;
  while (at < wanted.end) {
    // region_at gives const; both kinds of region belong to this object.
    Region* const region = const_cast<Region*>(region_at(at));
    const std::uint64_t end = std::min(wanted.end, region != nullptr ? region->end() : hole_end(at));
    const Extent part{at, end};
    if (region != nullptr) {
      compare_with(*region, part, part_of(bytes, wanted, part), from, out);
    } else if (store_piece(at, part_of(bytes, wanted, part), from, out)) {
      out.stored = Stored::added;
    } else if (out.stored == Stored::old) {
      out.stored = Stored::refused;
    }
    at = end;
  }
}

// The first that ends behind this offset.
std::size_t TcpStream::first_piece_behind(std::uint64_t offset) const {
  const auto at =
      std::lower_bound(pieces_.begin() + static_cast<std::ptrdiff_t>(pieces_begin_), pieces_.end(), offset,
                       [](const Piece& p, std::uint64_t o) { return p.stored.end <= o; });
  return static_cast<std::size_t>(at - pieces_.begin());
}

// Bytes that were there before: keeps them or replaces them, as the receiver does. Whose they are counts for those that
// come later, also where both say the same.
void TcpStream::compare_with(Region& region, const Extent& part, Bytes bytes, const Arrival& from,
                             Insertion& out) {
  out.overlaps = true;
  std::uint8_t* const stored = region.data() + (part.begin - region.offset);
  if (!settings_->check_overlap && !settings_->inline_mode && pieces_.empty()) return;
  const bool differs = std::memcmp(stored, bytes.data(), bytes.size()) != 0;
  out.overlap_differs |= differs;
  for (std::size_t i = first_piece_behind(part.begin);
       i < pieces_.size() && pieces_[i].stored.begin < part.end; ++i) {
    const Piece& piece = pieces_[i];
    if (!replaces(policy_, from, piece)) continue;
    const Extent both{std::max({part.begin, piece.stored.begin, acked_}),
                      std::min(part.end, piece.stored.end)};
    if (both.begin >= both.end) continue;
    if (differs)
      std::memcpy(stored + (both.begin - part.begin), bytes.data() + (both.begin - part.begin),
                  both.end - both.begin);
    i = hand_over(i, both, from);
  }
}

// `part` of a piece belongs to another segment now; what is left of the piece stays beside it. Returns where the part
// stands. Without room or memory the piece stays whole with the one that had it.
std::size_t TcpStream::hand_over(std::size_t at, const Extent& part, const Arrival& to) try {
  const Piece old = pieces_[at];
  const bool left = old.stored.begin < part.begin, right = part.end < old.stored.end;
  if (pieces_.size() - pieces_begin_ + left + right > settings_->max_segments_queued) return at;
  const std::size_t wanted = pieces_.size() + left + right;
  if (wanted > pieces_.capacity()) pieces_.reserve(2 * wanted);
  const auto place = [&](std::size_t i) { return pieces_.begin() + static_cast<std::ptrdiff_t>(i); };
  if (left) pieces_.insert(place(at++), {{old.stored.begin, part.begin}, old.segment, old.doubtful});
  pieces_[at] = {part, to.segment, to.doubtful};
  if (right) pieces_.insert(place(at + 1), {{part.end, old.stored.end}, old.segment, old.doubtful});
  return at;
} catch (const std::bad_alloc&) {
  return at;
}

// What a receiver has in order it has read: most systems differ only in what they keep behind a hole.
bool TcpStream::replaces(HostSystem system, const Arrival& later, const Piece& earlier) {
  if (later.doubtful != earlier.doubtful) return earlier.doubtful;
  if (earlier.stored.begin < later.in_order_end && !replaces_in_order(system)) return false;
  return later_wins(system, earlier.segment, later.segment);
}

// Puts bytes into a hole: at the end of the region before it, or as a region of their own.
bool TcpStream::store_piece(std::uint64_t offset, Bytes bytes, const Arrival& from, Insertion& out) {
  const auto n = static_cast<std::uint32_t>(bytes.size());
  if (offset == head_.end()) {
    if (!head_.append(bytes.data(), n, *budget_)) return false;
    join_regions();
  } else {
    make_room_behind();
    const auto after = std::upper_bound(behind_.begin(), behind_.end(), offset,
                                        [](std::uint64_t o, const Region& r) { return o < r.offset; });
    if (after != behind_.begin() && std::prev(after)->end() == offset) {
      if (!std::prev(after)->append(bytes.data(), n, *budget_)) return false;
    } else {
      const bool at_limit = behind_.size() >= settings_->max_segments_queued;
      if (at_limit || behind_.size() == behind_.capacity()) {  // else there was no memory for one more
        ++budget_->refused;
        out.at_limit |= at_limit;
        return false;
      }
      Region fresh;
      fresh.offset = offset;
      if (!fresh.append(bytes.data(), n, *budget_)) return false;
      const bool far = offset - head_.end() >= kRegionGap;
      behind_.insert(after, fresh);
      if (far) count_regions();
    }
  }
  remember({offset, offset + n}, from);
  return true;
}

// For one more region; where there is no memory, there is no room.
void TcpStream::make_room_behind() try {
  if (behind_.size() == behind_.capacity()) behind_.reserve(std::max<std::size_t>(behind_.size() * 2, 4));
} catch (const std::bad_alloc&) {
}

void TcpStream::count_regions() {
  std::uint32_t count = 1;
  std::uint64_t end = head_.end();
  for (const Region& region : behind_) {
    count += region.offset - end >= kRegionGap;
    end = region.end();
  }
  max_regions_ = static_cast<std::uint16_t>(std::clamp<std::size_t>(count, max_regions_, UINT16_MAX));
}

// A closed hole: what was behind it follows the head. Without memory for that the regions stay side by side,
// which reads the same.
void TcpStream::join_regions() {
  std::size_t joined = 0;
  while (joined < behind_.size() && behind_[joined].offset == head_.end()) {
    Region& next = behind_[joined];
    if (!head_.append(next.data(), next.size(), *budget_)) break;
    next.release(*budget_);
    ++joined;
  }
  behind_.erase(behind_.begin(), behind_.begin() + static_cast<std::ptrdiff_t>(joined));
}

// What is not remembered, for want of room or memory, stays as it came first.
void TcpStream::remember(const Extent& stored, const Arrival& from) try {
  if (settings_->inline_mode || stored.end <= acked_) return;
  if (pieces_.size() - pieces_begin_ >= settings_->max_segments_queued) return;
  const Piece piece{stored, from.segment, from.doubtful};
  has_doubt_ |= from.doubtful;
  if (pieces_.size() == pieces_begin_ || pieces_.back().stored.begin < stored.begin) {
    pieces_.push_back(piece);
    return;
  }
  const auto after =
      std::upper_bound(pieces_.begin() + static_cast<std::ptrdiff_t>(pieces_begin_), pieces_.end(),
                       stored.begin, [](std::uint64_t o, const Piece& p) { return o < p.stored.begin; });
  pieces_.insert(after, piece);
} catch (const std::bad_alloc&) {
}

void TcpStream::begin_again() {
  if (settings_->inline_mode || acked_ != 0 || reassembly_disabled()) return;
  release();
  head_.offset = 0;
  has_doubt_ = depth_reached_ = false;
}

void TcpStream::acknowledge(std::uint32_t sequence) {
  const std::int64_t offset = offset_of(sequence);
  if (offset <= static_cast<std::int64_t>(acked_)) return;
  acked_ = static_cast<std::uint64_t>(offset);
  if (end_known_) acked_ = std::min(acked_, end_);
  while (pieces_begin_ < pieces_.size() && pieces_[pieces_begin_].stored.end <= acked_) ++pieces_begin_;
  if (pieces_begin_ == pieces_.size()) {
    pieces_.clear();
    pieces_begin_ = 0;
    has_doubt_ = false;
  } else if (pieces_begin_ >= kMaxSpentPieces) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(pieces_begin_));
    pieces_begin_ = 0;
  }
  if (has_mark_) cut_when_due();
  if (settings_->inline_mode) trim();
}

void TcpStream::acknowledge_stored() {
  std::uint64_t end = head_.end();
  while (const Region* const region = region_at(end)) end = region->end();
  acked_ = std::max(acked_, end);
}

bool TcpStream::holds(std::uint32_t sequence, std::size_t length) const {
  if (reassembly_disabled()) return true;
  const std::int64_t begin = offset_of(sequence);
  std::int64_t end = begin + static_cast<std::int64_t>(length);
  if (end > 0 && static_cast<std::uint64_t>(end) > closed_at_) end = static_cast<std::int64_t>(closed_at_);
  auto at = std::max(begin, static_cast<std::int64_t>(head_.offset));
  while (at < end) {
    const Region* const region = region_at(static_cast<std::uint64_t>(at));
    if (region == nullptr) return false;
    at = static_cast<std::int64_t>(region->end());
  }
  return true;
}

bool TcpStream::note_hole() {
  if (behind_.empty()) return false;
  std::uint64_t end = std::max(head_.end(), gap_noted_);
  while (const Region* const region = region_at(end)) end = region->end();
  gap_noted_ = lost_until(end);
  return gap_noted_ > end;
}

// Up to here the receiver surely has everything: there is no hole, and nothing doubtful.
std::uint64_t TcpStream::in_order_end() const {
  if (!has_doubt_) return head_.end();
  for (std::size_t i = pieces_begin_; i < pieces_.size(); ++i)
    if (pieces_[i].doubtful) return std::min(head_.end(), pieces_[i].stored.begin);
  return head_.end();
}

bool TcpStream::has_hole() const {
  if (behind_.empty()) return false;
  std::uint64_t end = std::max(head_.end(), acked_);
  while (const Region* const region = region_at(end)) end = region->end();
  return end < behind_.back().end();
}

bool TcpStream::end_waits() const {
  const bool is_stored = !depth_reached_ && !reassembly_disabled() && closed_at_ == UINT64_MAX;
  if (!end_known_ || !is_stored) return false;
  std::uint64_t at = std::max(head_.end(), acked_);
  while (const Region* const region = region_at(at)) at = region->end();
  return at < end_;
}

void TcpStream::end_at(std::uint32_t sequence) {
  const std::int64_t offset = offset_of(sequence);
  const std::uint64_t end = offset < 0 ? 0 : static_cast<std::uint64_t>(offset);
  if (end_known_ && end_ <= end) return;
  end_ = end;
  end_known_ = true;
}

void TcpStream::overlay_at(std::int64_t begin, std::span<std::uint8_t> payload) const {
  for (std::size_t i = 0; i < payload.size();) {
    const std::int64_t at = begin + static_cast<std::int64_t>(i);
    const Bytes stored = at < 0 ? Bytes{} : kept(static_cast<std::uint64_t>(at), payload.size() - i);
    std::copy(stored.begin(), stored.end(), payload.begin() + static_cast<std::ptrdiff_t>(i));
    i += std::max<std::size_t>(stored.size(), 1);
  }
}

}  // namespace weir::engine
