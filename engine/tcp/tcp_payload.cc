// What an accepted segment does to the two streams: its bytes and its acknowledgment.
#include "engine/tcp/tcp_session.h"

namespace weir::engine {

void TcpSession::store_payload(const Packet& p, Direction d) {
  const bool urgent = (p.tcp.flags & tcp_flag::urg) != 0 && settings_->urgent != UrgentPolicy::as_data;
  const UrgentPolicy policy = urgent ? read_urgent(p, d) : UrgentPolicy::as_data;
  if (p.payload.empty()) return;
  Side& s = side(d);
  const std::uint32_t end = p.tcp.sequence + static_cast<std::uint32_t>(p.payload.size());
  if (seq_leq(end, s.next_seq)) {
    result_.is_retransmission = true;
    note(Anomaly::stream_pkt_retransmission);
  }
  if (result_.doubtful) {
    s.doubtful_end = s.has_doubtful_end ? seq_max(s.doubtful_end, end) : end;
    s.has_doubtful_end = true;
  } else {
    s.has_doubtful_reset = false;  // it goes on
    s.next_seq = seq_max(s.next_seq, end);
  }
  if (policy == UrgentPolicy::drop)
    result_.urgent_drop = true;
  else if (policy == UrgentPolicy::gap)
    store_around(p, d, p.tcp.sequence + p.tcp.urgent - 1);
  else if (s.stream.has_left_out())
    store_parts(p, d);
  else
    store_bytes(d, p.tcp.sequence, p.payload);
  rewrite_overlap(p, d, p.tcp.sequence);
  // Captured behind its acknowledgment.
  if (s.has_claim) s.stream.acknowledge(seq_lt(s.claimed, s.next_seq) ? s.claimed : s.next_seq);
  s.has_claim = s.has_claim && seq_gt(s.claimed, s.next_seq);
  s.has_doubtful_end = s.has_doubtful_end && seq_gt(s.doubtful_end, s.next_seq);
  if (async_) {
    s.last_ack = s.next_seq;
    s.stream.acknowledge(s.next_seq);
  }
}

// Inline, the receiver gets what was looked at. `first`: sequence number of the payload's first byte.
void TcpSession::rewrite_overlap(const Packet& p, Direction d, std::uint32_t first) {
  if (!result_.payload_differs) return;
  replacement_.assign(p.payload.begin(), p.payload.end());
  side(d).stream.overlay(first, replacement_);
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
  result_.overlaps |= done.overlaps;
  if (refused)
    note(done.at_limit ? Anomaly::stream_reassembly_insert_limit : Anomaly::stream_reassembly_insert_memcap);
  if (!done.overlap_differs) return;
  note(Anomaly::stream_reassembly_overlap_different_data);
  result_.payload_differs = settings_->inline_mode;
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
    if (other.stream.has_left_out()) other.stream.forget_left_out(ack);
    other.next_seq = seq_max(other.next_seq, ack);  // it sent what we did not see
  }
  // Of a side that we do not see nothing is missing.
  if (!async_) other.stream.acknowledge(ack);
  other.window = announced_window(p, d);
  other.send_limit = seq_max(other.send_limit, ack + other.window);
}

}  // namespace weir::engine
