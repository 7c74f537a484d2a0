// The connection is up, or on its way down.
//
// The state is seen from the client, as Suricata does: a FIN of the client first gives close_wait, one of the
// server first fin_wait1.
#include "engine/tcp/tcp_session.h"

namespace weir::engine {
namespace {

struct StateEvents {
  Anomaly bad_ack, out_of_window, before_last_ack, fin_out_of_window;
};

StateEvents events_of(TcpState s) {
  switch (s) {
    case TcpState::fin_wait1:
      return {Anomaly::stream_fin1_invalid_ack, Anomaly::stream_fin1_ack_wrong_seq,
              Anomaly::stream_fin1_ack_wrong_seq, Anomaly::stream_fin1_fin_wrong_seq};
    case TcpState::fin_wait2:
      return {Anomaly::stream_fin2_invalid_ack, Anomaly::stream_fin2_ack_wrong_seq,
              Anomaly::stream_fin2_ack_wrong_seq, Anomaly::stream_fin2_fin_wrong_seq};
    case TcpState::closing:
      return {Anomaly::stream_closing_invalid_ack, Anomaly::stream_closing_ack_wrong_seq,
              Anomaly::stream_closing_ack_wrong_seq, Anomaly::stream_closing_ack_wrong_seq};
    case TcpState::close_wait:
      return {Anomaly::stream_closewait_invalid_ack, Anomaly::stream_closewait_ack_out_of_window,
              Anomaly::stream_closewait_pkt_before_last_ack, Anomaly::stream_closewait_fin_out_of_window};
    case TcpState::last_ack:
      return {Anomaly::stream_lastack_invalid_ack, Anomaly::stream_lastack_ack_wrong_seq,
              Anomaly::stream_lastack_ack_wrong_seq, Anomaly::stream_lastack_ack_wrong_seq};
    case TcpState::time_wait:
      return {Anomaly::stream_timewait_invalid_ack, Anomaly::stream_timewait_ack_wrong_seq,
              Anomaly::stream_timewait_ack_wrong_seq, Anomaly::stream_timewait_ack_wrong_seq};
    default:
      return {Anomaly::stream_est_invalid_ack, Anomaly::stream_est_packet_out_of_window,
              Anomaly::stream_est_pkt_before_last_ack, Anomaly::stream_fin_out_of_window};
  }
}

}  // namespace

void TcpSession::on_established(const Packet& p, Direction d) {
  constexpr std::uint8_t kBeginsOrEnds = tcp_flag::rst | tcp_flag::syn | tcp_flag::fin;
  if ((p.tcp.flags & kBeginsOrEnds) == 0) [[likely]]
    return on_data(p, d);
  if ((p.tcp.flags & tcp_flag::rst) != 0) return on_reset(p, d);
  if ((p.tcp.flags & tcp_flag::syn) != 0) return on_syn_established(p, d);
  on_fin(p, d);
}

void TcpSession::on_syn_established(const Packet& p, Direction d) {
  if (p.tcp.sequence != side(d).isn) remember_syn(p, d);
  if (state_ != TcpState::established) return refuse(Anomaly::stream_shutdown_syn_resend);
  const bool to_server = d == Direction::to_server;
  if ((p.tcp.flags & tcp_flag::ack) == 0) {
    if (!to_server) return refuse(Anomaly::stream_est_syn_toclient);
    if (p.tcp.sequence != client().isn) return refuse(Anomaly::stream_est_syn_resend_diff_seq);
    return refuse(Anomaly::stream_est_syn_resend);
  }
  if (to_server) return refuse(Anomaly::stream_est_synack_toserver);
  if (p.tcp.acknowledgment != client().isn + 1 && p.tcp.acknowledgment != client().last_ack)
    return refuse(Anomaly::stream_est_synack_resend_with_different_ack);
  if (p.tcp.sequence != server().isn) return refuse(Anomaly::stream_est_synack_resend_with_diff_seq);
  // Until the server has said more it may not have got the ACK of its SYN|ACK: it must be let ask for it again.
  const bool confirmed = server().next_seq != server().isn + 1;
  note(Anomaly::stream_est_synack_resend);
  result_.invalid = confirmed;
}

// Timestamp, acknowledgment and window, in the order in which hosts check them.
bool TcpSession::segment_ok(const Packet& p, Direction d) {
  if (!timestamp_ok(p, d)) return false;
  const StateEvents events = events_of(state_);
  if (!ack_ok(p, d)) {
    const bool fin = state_ == TcpState::established && (p.tcp.flags & tcp_flag::fin) != 0;
    note(fin ? Anomaly::stream_fin_invalid_ack : events.bad_ack);
    return false;
  }
  const Side& s = side(d);
  const std::uint32_t end = p.tcp.sequence + static_cast<std::uint32_t>(p.payload.size());
  if (seq_lt(end, s.last_ack) && p.payload.empty() && !midstream_ && !async_ &&
      seq_lt(p.tcp.sequence, s.last_ack - s.window)) {
    refuse(events.before_last_ack);
    return false;
  }
  if (s.fin_seen && goes_past_end(p, d)) {
    refuse(events.out_of_window);
    return false;
  }
  if (window_ok(p, d)) return !systems_differ(p, d) || take_doubt();
  refuse((p.tcp.flags & tcp_flag::fin) != 0 ? events.fin_out_of_window : events.out_of_window);
  // Of what begins in the window some take the part that fits.
  if (settings_->inline_mode || !seq_lt(p.tcp.sequence, send_limit_of(s))) return false;
  result_.invalid = false;
  return take_doubt();
}

void TcpSession::take_segment(const Packet& p, Direction d) {
  const Side& s = side(d);
  const std::uint32_t end = p.tcp.sequence + static_cast<std::uint32_t>(p.payload.size());
  if (d != async_side_) async_ = false;
  const bool confirmed = !p.payload.empty() && seq_leq(end, s.last_ack) && !async_;
  if (confirmed && s.stream.holds(p.tcp.sequence, p.payload.size())) {
    result_.is_retransmission = true;
    result_.payload_added = true;
    note(Anomaly::stream_pkt_spurious_retransmission);
    if (end == s.last_ack) read_urgent_at_edge(p, d);
  } else {
    if (s.fin_seen && covers_waiting_fin(p, d)) take_fin_back(d);
    store_payload(p, d);
  }
  take_ack(p, d);
  take_timestamp(p, d);
}

void TcpSession::on_data(const Packet& p, Direction d) {
  if (is_keep_alive(p, d)) {
    if (timestamp_ok(p, d) && ack_ok(p, d)) {
      if (!p.payload.empty()) read_urgent_at_edge(p, d);
      take_ack(p, d);
      take_timestamp(p, d);
    }
    return;
  }
  if (!segment_ok(p, d)) return;
  take_segment(p, d);
  advance_on_ack(p, d);
}

void TcpSession::advance_on_ack(const Packet& p, Direction d) {
  if ((p.tcp.flags & tcp_flag::ack) == 0) return;
  const bool confirms_fin = p.tcp.acknowledgment == side(opposite(d)).next_seq;
  const bool to_server = d == Direction::to_server;
  if (state_ == TcpState::last_ack && to_server && p.payload.empty() && !side(d).stream.end_waits())
    state_ = TcpState::closed;
  if (!confirms_fin) return;
  if (state_ == TcpState::fin_wait1 && to_server)
    state_ = TcpState::fin_wait2;
  else if (state_ == TcpState::closing)
    state_ = TcpState::time_wait;
  else if (state_ == TcpState::time_wait && p.payload.empty() && !side(d).stream.end_waits())
    state_ = TcpState::closed;
}

void TcpSession::on_fin(const Packet& p, Direction d) {
  if (!segment_ok(p, d)) return;
  Side& s = side(d);
  const std::uint32_t end = p.tcp.sequence + static_cast<std::uint32_t>(p.payload.size());
  const bool again = s.fin_seen;  // tells nothing new
  // Whoever got what lies behind it does not take the FIN, and nobody else needs it. What comes with it may fill a hole.
  if (!again && seq_lt(end, s.next_seq)) {
    refuse(events_of(state_).fin_out_of_window);
    if (!p.payload.empty() && take_doubt()) take_segment(p, d);
    return;
  }
  take_segment(p, d);
  if (async_) return;  // nothing will say that it arrived
  if (again) return;
  if (result_.doubtful) return take_doubtful_fin(d, end);
  take_fin(d, end, p.tcp.acknowledgment == side(opposite(d)).next_seq);
}

void TcpSession::take_doubtful_fin(Direction d, std::uint32_t sequence) {
  Side& s = side(d);
  s.has_doubtful_fin = s.has_doubtful_end = true;
  s.doubtful_fin = sequence;
  s.doubtful_end = seq_max(sent_by(s), sequence + 1);
}

// The other side acknowledged a number behind which no data stand: it got the FIN.
void TcpSession::believe_fin(Direction d, std::uint32_t ack) {
  Side& s = side(d);
  if (s.fin_seen || seq_gt(s.next_seq, s.doubtful_fin) || ack != s.doubtful_fin + 1) return;
  s.has_doubtful_fin = false;
  take_fin(d, s.doubtful_fin, false);
}

void TcpSession::take_fin(Direction d, std::uint32_t sequence, bool confirms_fin) {
  Side& s = side(d);
  s.fin_seen = true;
  s.stream.end_at(sequence);
  s.next_seq = seq_max(s.next_seq, sequence + 1);
  const bool to_server = d == Direction::to_server;
  switch (state_) {
    case TcpState::established: state_ = to_server ? TcpState::close_wait : TcpState::fin_wait1; break;
    case TcpState::fin_wait1: state_ = confirms_fin ? TcpState::time_wait : TcpState::closing; break;
    case TcpState::fin_wait2: state_ = TcpState::time_wait; break;
    case TcpState::close_wait: state_ = TcpState::last_ack; break;
    default: break;
  }
}

// A FIN with a hole before it waits; a segment with bytes on both sides of it takes its place in the receiver's queue.
bool TcpSession::covers_waiting_fin(const Packet& p, Direction d) const {
  const Side& s = side(d);
  const std::uint32_t fin = s.next_seq - 1,
                      end = p.tcp.sequence + static_cast<std::uint32_t>(p.payload.size());
  if (settings_->inline_mode || seq_gt(p.tcp.sequence, fin) || seq_leq(end, fin) || seq_gt(s.last_ack, fin))
    return false;
  return !s.stream.holds(s.last_ack, fin - s.last_ack);
}

void TcpSession::take_fin_back(Direction d) {
  side(d).fin_seen = false;
  side(d).stream.reopen();
  if (state_ == TcpState::close_wait || state_ == TcpState::fin_wait1) state_ = TcpState::established;
}

void TcpSession::on_reset(const Packet& p, Direction d) {
  if (!reset_ok(p, d)) {
    Side& s = side(d);
    s.has_doubtful_reset = is_doubtful_reset(p, d);
    // One that counts from its FIN is harmless.
    result_.invalid = !s.fin_seen || p.tcp.sequence + 1 != s.next_seq;
    return;
  }
  if (!timestamp_ok(p, d)) return;
  if (!ack_ok(p, d)) return note(Anomaly::stream_rst_invalid_ack);
  take_ack(p, d);
  close_by_reset(d);
}

void TcpSession::close_by_reset(Direction d) {
  side(d).stream.acknowledge_stored();  // it came before the RST, so the receiver had it
  closed_by_reset_ = was_open_ = true;
  reset_by_ = d;
  state_ = TcpState::closed;
  // Without any data so far it is more likely forged than true, and nothing needs to be told that it is over.
  for (Side& s : sides_)
    if (s.next_seq != s.isn + 1) s.stream.end_at(s.next_seq);
}

}  // namespace weir::engine
