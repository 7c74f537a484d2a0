// Bytes out of band: which byte an urgent pointer marks, and how the stream closes over it.
#include <algorithm>

#include "engine/tcp/tcp_session.h"

namespace weir::engine {
namespace {

constexpr std::uint32_t kMaxUrgentBytes = 65535;  // of one direction; beyond it the limit policy decides
constexpr std::int32_t kLeftOutLife = 1 << 30;    // bytes; sequence numbers are compared over twice as many

// The pointer counts to the byte behind the urgent one: RFC 6093 3.1. Who takes none for a pointer, as Linux does, takes
// the first byte out.
std::uint32_t marked_by(const TcpHeader& tcp) {
  return tcp.sequence + std::max<std::uint32_t>(tcp.urgent, 1) - 1;
}

}  // namespace

UrgentPolicy TcpSession::read_urgent(const Packet& p, Direction d) {
  // Inline the flag is cleared where there is no pointer, or no payload: see engine/pipeline/normaliser.h.
  if ((p.tcp.urgent == 0 || p.payload.empty()) &&
      (settings_->inline_mode || settings_->urgent != UrgentPolicy::oob))
    return UrgentPolicy::as_data;
  TcpStream& stream = side(d).stream;
  UrgentPolicy policy = urgent_stays_ ? UrgentPolicy::as_data : settings_->urgent;
  if (policy == UrgentPolicy::oob && stream.urgent_bytes() >= kMaxUrgentBytes) {
    note(Anomaly::stream_reassembly_urgent_oob_limit_reached);
    policy = settings_->urgent_limit == UrgentPolicy::oob ? UrgentPolicy::drop : settings_->urgent_limit;
  }
  if (policy != UrgentPolicy::oob || result_.doubtful) return policy;
  const std::uint32_t mark = marked_by(p.tcp);
  const bool ignored = seq_lt(mark, side(d).last_ack) || !stream.leave_out(mark);
  result_.urgent_is_data = ignored && settings_->inline_mode;
  return policy;
}

// At the edge of what was confirmed hosts still look at the pointer of what they have.
void TcpSession::read_urgent_at_edge(const Packet& p, Direction d) {
  if ((p.tcp.flags & tcp_flag::urg) != 0) result_.urgent_drop = read_urgent(p, d) == UrgentPolicy::drop;
}

void TcpSession::store_around(const Packet& p, Direction d, std::uint32_t mark) {
  const std::uint32_t before = mark - p.tcp.sequence;
  if (before >= p.payload.size()) return store_bytes(d, p.tcp.sequence, p.payload);
  store_bytes(d, p.tcp.sequence, p.payload.first(before));
  store_bytes(d, mark + 1, p.payload.subspan(before + 1));
}

// Of a byte that is out of band the receiver takes what came first, too.
void TcpSession::store_parts(const Packet& p, Direction d) {
  for (const TcpStream::Part& part : side(d).stream.parts_of(p.tcp.sequence, p.payload)) {
    const std::size_t end = part.at + part.bytes.size();
    if (settings_->inline_mode && part.out.came && p.payload[end] != part.out.byte)
      result_.payload_differs = true;
    store_bytes(d, p.tcp.sequence + part.at, part.bytes);
  }
}

bool TcpSession::marks_a_byte(const Packet& p, Direction d) const {
  const std::uint32_t mark = marked_by(p.tcp);
  return (p.tcp.flags & tcp_flag::urg) != 0 && settings_->urgent == UrgentPolicy::oob &&
         seq_geq(mark, side(d).last_ack) && side(d).stream.would_leave_out(mark);
}

bool TcpStream::would_leave_out(std::uint32_t sequence) const {
  if (has_mark_ && seq_leq(sequence, mark_)) return false;
  return offset_of(sequence) >= static_cast<std::int64_t>(std::max(in_order_end(), acked_));
}

bool TcpStream::leave_out(std::uint32_t sequence) {
  const LeftOutByte* const last = left_out_count_ == 0 ? nullptr : &left_out_[left_out_count_ - 1U];
  if ((has_mark_ && seq_leq(sequence, mark_)) || (last != nullptr && seq_leq(sequence, last->sequence)))
    return true;  // a later one is known
  const std::int64_t at = offset_of(sequence);
  if (!would_leave_out(sequence)) return false;
  if (settings_->inline_mode && region_at(static_cast<std::uint64_t>(at)) != nullptr) return false;
  mark_ = sequence;
  has_mark_ = true;
  return true;
}

// The receiver takes the byte out when it would read it. Until then a later mark can make it one like any other.
void TcpStream::cut_when_due() {
  const std::int64_t at = offset_of(mark_);
  if (at >= static_cast<std::int64_t>(std::max(in_order_end(), acked_))) return;
  has_mark_ = false;
  if (at < 0 || static_cast<std::uint64_t>(at) < std::max(app_pos_, raw_pos_)) return;
  cut_out(static_cast<std::uint64_t>(at));
}

void TcpStream::cut_out(std::uint64_t at) {
  LeftOutByte out{.sequence = mark_};
  // region_at gives const; both kinds of region belong to this object.
  if (auto* const region = const_cast<Region*>(region_at(at)); region != nullptr) {
    out.came = true;
    out.byte = region->data()[at - region->offset];
    region->erase(at - region->offset);
    if (region->empty()) region->release(*budget_);
  }
  if (left_out_count_ == left_out_.size()) {
    std::copy(left_out_.begin() + 1, left_out_.end(), left_out_.begin());
    --left_out_count_;
  }
  left_out_[left_out_count_++] = out;
  ++base_seq_;
  ++urgent_bytes_;
  close_up(at);
}

// Everything behind the byte at `at`, which is gone, moves up.
void TcpStream::close_up(std::uint64_t at) {
  const auto move = [at](std::uint64_t& offset) { offset -= offset > at && offset != UINT64_MAX; };
  for (Region& region : behind_) move(region.offset);
  std::erase_if(behind_, [](const Region& region) { return region.empty(); });
  for (std::size_t i = pieces_begin_; i < pieces_.size(); ++i)
    for (Extent* const extent : {&pieces_[i].stored, &pieces_[i].segment}) {
      move(extent->begin);
      move(extent->end);
    }
  for (std::uint64_t* const offset : {&end_, &acked_, &closed_at_, &gap_noted_, &app_told_}) move(*offset);
  // Inline stream rules see both sides of it together.
  const bool has_fresh = fresh_.begin < fresh_.end;
  if (settings_->inline_mode)
    fresh_ = {has_fresh ? std::min(at, fresh_.begin) : at, std::max(head_.end(), at)};
  join_regions();
}

void TcpStream::forget_left_out(std::uint32_t acknowledged) {
  while (left_out_count_ != 0 && seq_distance(left_out_[0].sequence, acknowledged) > kLeftOutLife) {
    std::copy(left_out_.begin() + 1, left_out_.end(), left_out_.begin());
    --left_out_count_;
  }
}

TcpStream::Parts TcpStream::parts_of(std::uint32_t sequence, Bytes bytes) const {
  Parts parts;
  std::uint32_t begin = 0;
  for (std::size_t i = 0; i < left_out_count_; ++i) {
    const std::uint32_t at = left_out_[i].sequence - sequence;
    if (at >= bytes.size() || at < begin) continue;
    parts.push_back({begin, bytes.subspan(begin, at - begin), left_out_[i]});
    begin = at + 1;
  }
  parts.push_back({begin, bytes.subspan(begin), {}});
  return parts;
}

void TcpStream::overlay(std::uint32_t sequence, std::span<std::uint8_t> payload) const {
  for (const Part& part : parts_of(sequence, payload)) {
    overlay_at(offset_of(sequence + part.at), payload.subspan(part.at, part.bytes.size()));
    if (part.out.came) payload[part.at + part.bytes.size()] = part.out.byte;
  }
}

}  // namespace weir::engine
