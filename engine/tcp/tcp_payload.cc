// What an accepted segment does to the two streams: its bytes, its acknowledgment, its urgent byte.
#include "engine/tcp/tcp_session.h"

namespace weir::engine {
namespace {

constexpr std::int32_t kMarkLife = 1 << 30;       // bytes; sequence numbers are compared over twice as many
constexpr std::uint32_t kMaxUrgentBytes = 65535;  // of one direction; beyond it the limit policy decides

}  // namespace

void TcpSession::store_payload(const Packet& p, Direction d) {
  if (p.payload.empty()) return;
  Side& s = side(d);
  const std::uint32_t end = p.tcp.sequence + static_cast<std::uint32_t>(p.payload.size());
  if (seq_leq(end, s.next_seq)) {
    result_.is_retransmission = true;
    note(Anomaly::stream_pkt_retransmission);
  }
  const bool mark_is_open = s.urgent_known && seq_geq(s.urgent_mark, s.next_seq);
  if (result_.doubtful) {
    s.doubtful_end = s.has_doubtful_end ? seq_max(s.doubtful_end, end) : end;
    s.has_doubtful_end = true;
  } else {
    s.has_doubtful_reset = false;  // it goes on
    s.next_seq = seq_max(s.next_seq, end);
  }
  const bool urgent = (p.tcp.flags & tcp_flag::urg) != 0 && p.tcp.urgent != 0;
  if (urgent && settings_->urgent != UrgentPolicy::as_data)
    store_urgent(p, d, mark_is_open);
  else if (s.urgent_known)
    store_around(p, d, s.urgent_mark);
  else
    store_bytes(d, p.tcp.sequence, p.payload);
  if (s.urgent_known && settings_->inline_mode) keep_urgent_byte(p, d);
  if (result_.payload_differs) replace_payload(p, d);
  // Captured behind its acknowledgment.
  if (s.has_claim) s.stream.acknowledge(seq_lt(s.claimed, s.next_seq) ? s.claimed : s.next_seq);
  s.has_claim = s.has_claim && seq_gt(s.claimed, s.next_seq);
  s.has_doubtful_end = s.has_doubtful_end && seq_gt(s.doubtful_end, s.next_seq);
  if (async_) {
    s.last_ack = s.next_seq;
    s.stream.acknowledge(s.next_seq);
  }
}

// The pointer counts to the byte behind the urgent one, as all hosts read it: RFC 6093 3.1. That byte may come later.
void TcpSession::store_urgent(const Packet& p, Direction d, bool mark_is_open) {
  Side& s = side(d);
  UrgentPolicy policy = settings_->urgent;
  if (policy == UrgentPolicy::oob && s.stream.urgent_bytes() >= kMaxUrgentBytes) {
    note(Anomaly::stream_reassembly_urgent_oob_limit_reached);
    policy = settings_->urgent_limit == UrgentPolicy::oob ? UrgentPolicy::drop : settings_->urgent_limit;
  }
  const std::uint32_t mark = p.tcp.sequence + p.tcp.urgent - 1;
  switch (policy) {
    case UrgentPolicy::drop: result_.urgent_drop = true; return;
    case UrgentPolicy::as_data: return store_bytes(d, p.tcp.sequence, p.payload);
    case UrgentPolicy::gap: return store_around(p, d, mark);
    case UrgentPolicy::oob: break;
  }
  if (!result_.doubtful && seq_geq(mark, s.last_ack) && (!s.urgent_known || seq_gt(mark, s.urgent_mark))) {
    // A mark whose byte has not come is forgotten: that byte will be one like any other.
    s.stream.leave_out(mark, mark_is_open);
    s.urgent_mark = mark;
    s.urgent_known = true;
    s.urgent_came = false;
  }
  store_around(p, d, s.urgent_known ? s.urgent_mark : mark);
}

void TcpSession::store_around(const Packet& p, Direction d, std::uint32_t mark) {
  const auto length = static_cast<std::uint32_t>(p.payload.size());
  const std::uint32_t before = mark - p.tcp.sequence;
  if (before >= length) return store_bytes(d, p.tcp.sequence, p.payload);
  store_bytes(d, p.tcp.sequence, p.payload.first(before));
  store_bytes(d, mark + 1, p.payload.subspan(before + 1));
}

void TcpSession::store_bytes(Direction d, std::uint32_t sequence, Bytes bytes) {
  if (bytes.empty()) return;
  TcpStream& stream = side(d).stream;
  const TcpStream::Insertion done = stream.insert(sequence, bytes, result_.doubtful);
  // Bytes that were there before were looked at in the stream, too.
  result_.payload_added |= done.stored == TcpStream::Stored::added || done.stored == TcpStream::Stored::old;
  if (done.before_start) note(Anomaly::stream_reassembly_segment_before_base_seq);
  if (done.reached_depth) note(Anomaly::stream_reassembly_depth_reached);
  const bool refused = done.stored == TcpStream::Stored::refused;
  result_.refused |= refused;
  result_.at_limit |= done.at_limit;
  if (refused)
    note(done.at_limit ? Anomaly::stream_reassembly_insert_limit : Anomaly::stream_reassembly_insert_memcap);
  if (!done.overlap_differs) return;
  note(Anomaly::stream_reassembly_overlap_different_data);
  result_.payload_differs = settings_->inline_mode;
}

// Of a byte that is out of band the receiver takes what came first, too.
void TcpSession::keep_urgent_byte(const Packet& p, Direction d) {
  Side& s = side(d);
  const std::uint32_t before = s.urgent_mark - p.tcp.sequence;
  if (before >= p.payload.size()) return;
  if (!s.urgent_came) s.urgent_byte = p.payload[before];
  s.urgent_came = true;
  result_.payload_differs |= p.payload[before] != s.urgent_byte;
}

void TcpSession::replace_payload(const Packet& p, Direction d) {
  const Side& s = side(d);
  replacement_.assign(p.payload.begin(), p.payload.end());
  s.stream.overlay(p.tcp.sequence, replacement_);
  const std::uint32_t before = s.urgent_mark - p.tcp.sequence;
  if (s.urgent_known && s.urgent_came && before < replacement_.size()) replacement_[before] = s.urgent_byte;
}

// A segment that says nothing else takes back room that was promised (RFC 9293 3.8.6.2.1), by more than rounding.
bool TcpSession::shrinks_window(const Packet& p, Direction d) const {
  constexpr std::uint8_t kEnds = tcp_flag::syn | tcp_flag::fin | tcp_flag::rst;
  const Side& other = side(opposite(d));
  if (!p.payload.empty() || p.tcp.acknowledgment != other.last_ack) return false;
  if (!established() || midstream_ || async_ || (p.tcp.flags & kEnds) != 0) return false;
  return announced_window(p, d) + (std::uint32_t{1} << side(d).scale) < other.window;
}

void TcpSession::take_ack(const Packet& p, Direction d) {
  if ((p.tcp.flags & tcp_flag::ack) == 0) return;
  Side& other = side(opposite(d));
  std::uint32_t ack = p.tcp.acknowledgment;
  if (seq_lt(ack, other.last_ack)) return;
  if (result_.doubtful) {
    if (seq_gt(ack, other.next_seq)) {
      other.claimed = other.has_claim ? seq_max(other.claimed, ack) : ack;
      other.has_claim = true;
    }
    // The rest is known to have been sent, and stays inspected if it was not received.
    ack = other.next_seq;
    if (seq_leq(ack, other.last_ack)) return;
  }
  if (shrinks_window(p, d)) note(Anomaly::stream_pkt_bad_window_update);
  if (other.has_doubtful_fin) believe_fin(opposite(d), ack);
  if (seq_gt(ack, other.last_ack)) {
    other.last_ack = ack;
    if (other.urgent_known && seq_distance(other.urgent_mark, ack) > kMarkLife) {
      other.urgent_known = false;
      other.stream.forget_left_out();
    }
    other.next_seq = seq_max(other.next_seq, ack);  // it sent what we did not see
  }
  // Of a side that we do not see nothing is missing.
  if (!async_) other.stream.acknowledge(ack);
  other.window = announced_window(p, d);
  other.send_limit = seq_max(other.send_limit, ack + other.window);
}

}  // namespace weir::engine
