#include "engine/tcp/tcp_session.h"

namespace weir::engine {

TcpSession::TcpSession(const StreamSettings& settings, MemoryBudget& budget)
    : sides_{Side{settings, budget, Direction::to_server}, Side{settings, budget, Direction::to_client}} {
  settings_ = &settings;
  budget_ = &budget;
  budget.sessions_used += sizeof(TcpSession);
}

// Of the opening only what came of it is copied.
TcpSession::TcpSession(const TcpSession& other) : TcpSessionState(other), sides_(other.sides_) {
  budget_->sessions_used += sizeof(TcpSession);
}

TcpSession::~TcpSession() {
  budget_->sessions_used -= sizeof(TcpSession);
}

bool TcpSession::fits(const MemoryBudget& budget) {
  return budget.sessions_limit == 0 || budget.sessions_used + sizeof(TcpSession) <= budget.sessions_limit;
}

SegmentResult TcpSession::on_segment(const Packet& p, Direction d) {
  result_ = {};
  events_.clear();
  replacement_.clear();
  const bool was_established = established();
  const bool was_closed = flow_state(state_) == FlowState::closed;
  learn_systems(p, d);
  dispatch(p, d);
  if (swapped_) d = opposite(d);
  result_.in_session = followed();
  if (!result_.in_session) return result_;
  Side& sender = side(d);
  sender.flags_seen |= p.tcp.flags;
  sender.stream.note_sent(sender.next_seq, sender.isn);
  result_.became_established = established() && !was_established;
  result_.became_closed = flow_state(state_) == FlowState::closed && !was_closed;
  // A parser is told of an end with the last packet of the connection, for what one side said may yet be answered. Stream
  // rules see the rest of it then, too, but at once when the client ended first: nothing is left to be asked.
  const bool closed = state_ == TcpState::closed;
  const bool client_first = state_ == TcpState::close_wait || state_ == TcpState::last_ack;
  // What is confirmed of it does not wait for the rest, which may never be.
  if (client_first && d == Direction::to_server && (p.tcp.flags & tcp_flag::fin) != 0)
    sender.stream.trigger_raw();
  for (const Direction each : {Direction::to_server, Direction::to_client}) {
    stream(each).fin_counts(closed, closed || client_first);
    if (stream(each).note_hole()) note(Anomaly::stream_reassembly_seq_gap);
    result_.app_update[index(each)] = stream(each).take_app_update();
    result_.raw_update[index(each)] = stream(each).raw_ready();
  }
  return result_;
}

void TcpSession::dispatch(const Packet& p, Direction d) {
  constexpr std::uint8_t kSynFin = tcp_flag::syn | tcp_flag::fin;
  const std::uint8_t flags = p.tcp.flags;
  if ((flags & tcp_flag::ack) == 0 && p.tcp.acknowledgment != 0) note(Anomaly::stream_pkt_broken_ack);
  if ((flags & kSynFin) == kSynFin) return refuse(Anomaly::stream_fin_syn);
  if (!has_control_bits(p)) return;
  switch (state_) {
    case TcpState::none: return on_first(p, d);
    case TcpState::syn_sent: return on_syn_sent(p, d);
    case TcpState::syn_recv: return on_syn_recv(p, d);
    case TcpState::closed: return on_closed(p, d);
    default: return on_established(p, d);
  }
}

// A side that sends data after its own RST did not send that RST: somebody wants the rest to escape
// inspection. What the other side sends may have been under way.
void TcpSession::on_closed(const Packet& p, Direction d) {
  constexpr std::uint8_t kOpenOrClose = tcp_flag::rst | tcp_flag::syn | tcp_flag::fin;
  const bool goes_on = closed_by_reset_ && (p.tcp.flags & kOpenOrClose) == 0 &&
                       (p.tcp.flags & tcp_flag::ack) != 0 && p.tcp.sequence == side(d).next_seq &&
                       !p.payload.empty() && d == reset_by_;
  if (!goes_on || !was_open_) {
    // A SYN with the number of the old one: if the server takes it, its answer says so. Inline nobody would look at what
    // follows.
    const bool opens_again = opens(p.tcp);
    if (opens_again) remember_syn(p, d);
    result_.invalid = goes_past_end(p, d) || (opens_again && settings_->inline_mode);
    return;
  }
  if (!ack_ok(p, d)) return;
  note(Anomaly::stream_suspected_rst_inject);
  closed_by_reset_ = false;
  state_ = TcpState::established;
  for (Side& s : sides_) s.stream.reopen();
  on_established(p, d);
}

void TcpSession::learn_systems(const Packet& p, Direction d) {
  if (systems_known_) return;
  systems_known_ = true;
  if (settings_->host_os == nullptr || settings_->host_os->empty()) return;
  side(d).system = settings_->host_os->of(p.ip.source);
  side(opposite(d)).system = settings_->host_os->of(p.ip.destination);
  side(d).stream.set_policy(side(opposite(d)).system);
  side(opposite(d)).stream.set_policy(side(d).system);
}

void TcpSession::finish() {
  for (const Direction d : {Direction::to_server, Direction::to_client})
    if (side(d).has_doubtful_reset && state_ != TcpState::closed) close_by_reset(d);
  for (Side& s : sides_) s.stream.finish();
}

bool TcpSession::take_swapped() {
  const bool was = swapped_;
  swapped_ = false;
  return was;
}

bool TcpSession::is_over_for(std::uint32_t syn, Direction d) const {
  switch (state_) {
    case TcpState::none: return true;
    case TcpState::time_wait: return syn != side(d).isn && !side(d).stream.end_waits();
    case TcpState::closed: return syn != side(d).isn;
    case TcpState::last_ack:
    case TcpState::close_wait:
    case TcpState::closing: return syn != side(d).isn && has_ended(d);
    default: return false;
  }
}

// The other side has its FIN, and takes nothing more of it. A FIN that waits behind a hole has ended nothing.
bool TcpSession::has_ended(Direction d) const {
  const Side& s = side(d);
  if (!s.fin_seen) return false;
  const bool confirmed = seq_geq(s.last_ack, s.next_seq);
  return confirmed || (!settings_->inline_mode && s.stream.holds(s.last_ack, s.next_seq - 1 - s.last_ack));
}

}  // namespace weir::engine
