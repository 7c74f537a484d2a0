// For other readings of the same bytes (engine/flow/other_reading.h): what would be read otherwise, and what is kept for who
// begins in the middle of a message; also for a connection that idles there until its flow ends (engine/flow/ended_flows.h).
#include <algorithm>
#include <cstring>

#include "engine/tcp/tcp_session.h"

namespace weir::engine {

bool TcpSession::would_differ(const Packet& p, Direction d, const TcpReading& reading) const {
  if (!established()) return false;
  if (reading.urgent_stays) return marks_a_byte(p, d);
  if (settings_->inline_mode) return false;  // bytes that differ are made the same
  const HostOsPolicies* const configured = settings_->host_os.get();
  if (configured != nullptr && configured->knows(p.ip.destination)) return false;
  const TcpStream& stream = side(d).stream;
  const TcpStream::Parts parts = stream.parts_of(p.tcp.sequence, p.payload);
  return std::any_of(parts.begin(), parts.end(), [&](const TcpStream::Part& part) {
    return stream.would_differ(p.tcp.sequence + part.at, part.bytes, reading.system);
  });
}

std::unique_ptr<TcpSession> TcpSession::read_as(const TcpReading& reading) const {
  if (!fits(*budget_)) throw std::bad_alloc();
  std::unique_ptr<TcpSession> out(new TcpSession(*this));
  out->urgent_stays_ = urgent_stays_ || reading.urgent_stays;
  for (Side& s : out->sides_)
    if (reading.urgent_stays)
      s.stream.forget_mark();
    else
      s.stream.set_policy(reading.system);
  return out;
}

bool TcpStream::would_differ(std::uint32_t sequence, Bytes payload, HostSystem system) const {
  const std::int64_t begin = offset_of(sequence);
  const std::int64_t end = begin + static_cast<std::int64_t>(payload.size());
  if (begin < 0 || system == policy_ || reassembly_disabled()) return false;
  const Arrival from{
      {static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end)}, in_order_end(), false};
  for (std::size_t i = first_piece_behind(from.segment.begin);
       i < pieces_.size() && pieces_[i].stored.begin < from.segment.end; ++i) {
    const Piece& piece = pieces_[i];
    if (replaces(system, from, piece) == replaces(policy_, from, piece)) continue;
    const Extent both{std::max({from.segment.begin, piece.stored.begin, acked_}),
                      std::min(from.segment.end, piece.stored.end)};
    if (both.begin >= both.end) continue;
    const Bytes stored = kept(both.begin, both.end - both.begin);
    const Bytes sent =
        payload.subspan(static_cast<std::size_t>(both.begin - from.segment.begin), stored.size());
    if (std::memcmp(stored.data(), sent.data(), stored.size()) != 0) return true;
  }
  return false;
}

void TcpStream::begin_message() {
  message_begin_ = app_pos_;
  if (message_bytes_ == 0 || app_disabled_) return;
  opening_.release(*budget_);
  const bool has_room = budget_->used <= budget_->limit / 2;
  whole_until_ = has_room ? app_pos_ + message_bytes_ : 0;
  keep_ = std::min(held_, has_room ? app_pos_ : UINT64_MAX);
  trim();
}

// Its first bytes stay, so that who reads it can begin with it and pass over the rest.
void TcpStream::cut_message() {
  const Bytes first = kept(message_begin_, message_bytes_);
  if (budget_->used <= budget_->limit / 2 && !first.empty() &&
      opening_.append(first.data(), static_cast<std::uint32_t>(first.size()), *budget_))
    opening_.offset = message_begin_;
  whole_until_ = 0;
  keep_ = held_;
}

Bytes TcpStream::last_bytes(std::uint32_t next_sequence, std::size_t limit, bool may_go_on) const {
  const bool goes_on = (!end_known_ || may_go_on) && !depth_reached_ && !has_mark_ && left_out_count_ == 0;
  const bool all_there =
      behind_.empty() && base_seq_ + static_cast<std::uint32_t>(head_.end()) == next_sequence;
  if (!settings_->inline_mode || reassembly_disabled() || !goes_on || !all_there) return {};
  if (app_disabled_ || may_go_on)
    return kept(head_.end() - std::min<std::uint64_t>(limit, head_.size()), limit);
  if (whole_until_ == 0 && app_pos_ != message_begin_) return {};  // its begin is not kept
  const Bytes bytes = kept(whole_until_ != 0 ? message_begin_ : app_pos_, limit + 1);
  return bytes.size() <= limit ? bytes : Bytes{};
}

void TcpStream::begin_with(Bytes seen, std::uint32_t sequence) {
  start_at(sequence);
  insert(sequence, seen);
  mark_raw_inspected();
}

bool TcpStream::rewind_to_message() {
  held_ = keep_ = UINT64_MAX;
  const bool is_there = message_begin_ == app_pos_ || region_at(message_begin_) != nullptr;
  if (whole_until_ != 0 && is_there) {
    keep_ = message_begin_;  // this reading may be read in two ways, too
  } else {
    whole_until_ = 0;
    if (opening_.empty()) return false;
    if (!head_.empty()) behind_.insert(behind_.begin(), head_);
    head_ = std::exchange(opening_, {});
  }
  app_pos_ = app_told_ = message_begin_;
  app_end_told_ = false;
  return true;
}

}  // namespace weir::engine
