// What an accepted segment does to the two streams: its bytes, its acknowledgment, its urgent byte.
#include "engine/tcp/tcp_session.h"

namespace weir::engine {
namespace {

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
  s.next_seq = seq_max(s.next_seq, end);
  const bool urgent = (p.tcp.flags & tcp_flag::urg) != 0 && p.tcp.urgent != 0;
  if (urgent && settings_->urgent != UrgentPolicy::as_data)
    store_urgent(p, d, settings_->urgent);
  else
    store_bytes(d, p.tcp.sequence, p.payload);
  if (async_) {
    s.last_ack = s.next_seq;
    s.stream.acknowledge(s.next_seq);
  }
}

// The urgent byte is the last one of the segment, whatever else the pointer says: RFC 6093 3.1.
void TcpSession::store_urgent(const Packet& p, Direction d, UrgentPolicy policy) {
  Side& s = side(d);
  const std::uint32_t end = p.tcp.sequence + static_cast<std::uint32_t>(p.payload.size());
  if (policy == UrgentPolicy::oob && s.stream.urgent_bytes() >= kMaxUrgentBytes) {
    note(Anomaly::stream_reassembly_urgent_oob_limit_reached);
    policy = settings_->urgent_limit == UrgentPolicy::oob ? UrgentPolicy::drop : settings_->urgent_limit;
  }
  switch (policy) {
    case UrgentPolicy::drop: result_.urgent_drop = true; return;
    case UrgentPolicy::as_data: return store_bytes(d, p.tcp.sequence, p.payload);
    case UrgentPolicy::gap: return store_bytes(d, p.tcp.sequence, p.payload.first(p.payload.size() - 1));
    case UrgentPolicy::oob: break;
  }
  // Sent again: its bytes are stored, and the stream has closed over the urgent one.
  if (s.urgent_known && seq_leq(end, s.urgent_edge)) return;
  store_bytes(d, p.tcp.sequence, p.payload.first(p.payload.size() - 1));
  s.stream.skip_urgent();
  s.urgent_edge = end;
  s.urgent_known = true;
}

void TcpSession::store_bytes(Direction d, std::uint32_t sequence, Bytes bytes) {
  if (bytes.empty()) return;
  TcpStream& stream = side(d).stream;
  const TcpStream::Insertion done = stream.insert(sequence, bytes);
  // Bytes that were there before were looked at in the stream, too.
  result_.payload_added = done.stored == TcpStream::Stored::added || done.stored == TcpStream::Stored::old;
  if (done.before_start) note(Anomaly::stream_reassembly_segment_before_base_seq);
  if (done.reached_depth) note(Anomaly::stream_reassembly_depth_reached);
  result_.refused = done.stored == TcpStream::Stored::refused;
  if (result_.refused)
    note(done.at_limit ? Anomaly::stream_reassembly_insert_limit : Anomaly::stream_reassembly_insert_memcap);
  if (!done.overlap_differs) return;
  note(Anomaly::stream_reassembly_overlap_different_data);
  if (!settings_->inline_mode) return;
  replacement_.assign(bytes.begin(), bytes.end());
  result_.payload_differs = stream.overlay(sequence, replacement_);
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
  const std::uint32_t ack = p.tcp.acknowledgment;
  if (seq_lt(ack, other.last_ack)) return;
  if (shrinks_window(p, d)) note(Anomaly::stream_pkt_bad_window_update);
  if (seq_gt(ack, other.last_ack)) {
    other.last_ack = ack;
    other.next_seq = seq_max(other.next_seq, ack);  // it sent what we did not see
  }
  // Of a side that we do not see nothing is missing.
  if (!async_) other.stream.acknowledge(ack);
  other.window = announced_window(p, d);
  other.send_limit = seq_max(other.send_limit, ack + other.window);
}

}  // namespace weir::engine
