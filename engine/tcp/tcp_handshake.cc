// Before the connection is up: three- and four-way handshakes, fast open, and picking up what began before
// us.
#include <algorithm>

#include "engine/tcp/tcp_session.h"

namespace weir::engine {
namespace {

constexpr std::uint8_t kMaxScale = 14;  // RFC 7323 2.3

bool has(const Packet& p, std::uint8_t flag) {
  return (p.tcp.flags & flag) != 0;
}
std::uint32_t payload_length(const Packet& p) {
  return static_cast<std::uint32_t>(p.payload.size());
}

}  // namespace

TcpSession::Opening TcpSession::opening_of(const Packet& p) {
  return {.isn = p.tcp.sequence,
          .acknowledgment = p.tcp.acknowledgment,
          .timestamp = p.tcp.timestamp_value,
          .length = payload_length(p),
          .window = p.tcp.window,
          .scale = std::min(p.tcp.window_scale, kMaxScale),
          .has_timestamp = p.tcp.have_timestamp,
          .has_md5 = p.tcp.have_md5,
          .offers_scale = p.tcp.have_window_scale,
          .is_near = p.ip.ttl <= 1};
}

void TcpSession::open_side(Side& s, const Opening& o) {
  s.isn = o.isn;
  s.next_seq = o.isn + 1;
  s.last_ack = o.isn;
  s.scale = o.scale;
  s.offers_scale = o.offers_scale;
  s.is_near = o.is_near;
  s.has_timestamps = o.has_timestamp;
  s.has_md5 = o.has_md5;
  s.timestamp_known = o.has_timestamp;
  s.last_timestamp = o.timestamp;
  s.stream.start_at(o.isn + 1);
}

// Options count only when both sides sent them.
void TcpSession::agree_on_options() {
  if (!client().offers_scale || !server().offers_scale) client().scale = server().scale = 0;
  if (!client().has_timestamps || !server().has_timestamps)
    client().has_timestamps = server().has_timestamps = false;
}

// Data in a SYN or SYN|ACK: with fast open (RFC 7413), which some systems do without its option, and of others that keep
// them (RFC 9293 3.4). Who leaves them gets them again behind the handshake; the answer tells.
void TcpSession::take_opening_data(const Packet& p, Direction d) {
  Side& s = side(d);
  if (p.payload.empty()) return;
  const std::uint32_t first = s.isn + 1, end = first + payload_length(p);
  store_bytes(d, first, p.payload);
  rewrite_overlap(p, d, first);
  if (seq_gt(end, s.next_seq)) s.next_seq = end;
  // Until it is known who takes them rules look at them in the packet.
  if (!p.tcp.have_tfo) result_.payload_added = false;
}

void TcpSession::leave_opening_data(Side& s) {
  s.next_seq = s.isn + 1;
  s.stream.begin_again();
}

void TcpSession::on_first(const Packet& p, Direction d) {
  if (has(p, tcp_flag::rst)) return refuse(Anomaly::stream_rst_but_no_session);
  if (has(p, tcp_flag::syn) && !has(p, tcp_flag::ack)) return start_with_syn(p, d);
  result_.midstream = has(p, tcp_flag::ack) || has(p, tcp_flag::fin);
  // With data it is the end of a connection that can be picked up, without it is the end of nothing.
  const bool picked_up = settings_->midstream && settings_->pick_up && !p.payload.empty() &&
                         has(p, tcp_flag::ack) && !has(p, tcp_flag::syn);
  if (has(p, tcp_flag::fin) && !picked_up) return refuse(Anomaly::stream_fin_but_no_session);
  if (!result_.midstream || !settings_->pick_up) return;
  if (has(p, tcp_flag::syn)) return pick_up_synack(p, d);
  if (settings_->midstream) pick_up_midstream(p, d);
}

void TcpSession::start_with_syn(const Packet& p, Direction d) {
  if (d == Direction::to_client) {
    turned_ = !turned_;
    swapped_ = true;
  }
  Side& c = client();
  open_side(c, opening_of(p));
  c.timestamp_time = p.raw.time;
  server().window = p.tcp.window;  // a SYN's window is not scaled
  state_ = TcpState::syn_sent;
  fast_open_ = p.tcp.have_tfo && !p.payload.empty();
  take_opening_data(p, Direction::to_server);
}

void TcpSession::pick_up_synack(const Packet& p, Direction d) {
  if (!settings_->midstream && !settings_->async_oneside) return;
  if (d == Direction::to_server) {
    turned_ = !turned_;
    swapped_ = true;
  }
  midstream_ = true;
  async_ = settings_->async_oneside;
  async_side_ = Direction::to_client;
  open_side(server(), opening_of(p));
  server().timestamp_time = p.raw.time;
  Side& c = client();
  c.isn = p.tcp.acknowledgment - 1;
  c.next_seq = c.last_ack = p.tcp.acknowledgment;
  c.scale = p.tcp.have_window_scale ? kMaxScale : 0;
  c.has_timestamps = p.tcp.have_timestamp;
  c.stream.start_at(c.next_seq);
  c.window = p.tcp.window;
  c.send_limit = c.last_ack + c.window;
  state_ = TcpState::syn_recv;
  take_opening_data(p, Direction::to_client);
}

void TcpSession::pick_up_midstream(const Packet& p, Direction d) {
  midstream_ = true;
  async_ = settings_->async_oneside;
  async_side_ = d;
  Side& s = side(d);
  Side& other = side(opposite(d));
  s.isn = p.tcp.sequence - 1;
  s.next_seq = s.last_ack = p.tcp.sequence;
  s.stream.start_at(p.tcp.sequence);
  other.isn = p.tcp.acknowledgment - 1;
  other.next_seq = other.last_ack = p.tcp.acknowledgment;
  other.stream.start_at(p.tcp.acknowledgment);
  s.scale = other.scale = kMaxScale;  // not known: assume the widest
  s.has_timestamps = other.has_timestamps = p.tcp.have_timestamp;
  state_ = TcpState::established;
  take_segment(p, d);
  if (has(p, tcp_flag::fin) && !async_) take_fin(d, p.tcp.sequence + payload_length(p), false);
}

void TcpSession::on_syn_sent(const Packet& p, Direction d) {
  const bool to_server = d == Direction::to_server;
  // A server that answers with a timestamp of ours that we never sent is not the one we asked, RFC 7323 3.
  const bool echo_wrong = p.tcp.have_timestamp && p.tcp.timestamp_echo != 0 && client().has_timestamps &&
                          p.tcp.timestamp_echo != client().last_timestamp && openings_ == nullptr;
  if (!to_server && echo_wrong) return refuse(Anomaly::stream_pkt_invalid_timestamp);
  if (has(p, tcp_flag::rst)) return on_reset_in_syn_sent(p, d);
  if (has(p, tcp_flag::fin)) return;
  if (has(p, tcp_flag::syn) && has(p, tcp_flag::ack)) {
    if (!to_server) return answer_syn(p);
    if (four_way_) return answer_simultaneous_syn(p);
    return refuse(Anomaly::stream_3whs_synack_in_wrong_direction);
  }
  if (has(p, tcp_flag::syn)) return to_server ? resend_syn(p) : simultaneous_syn(p);
  if (to_server && has(p, tcp_flag::ack) && settings_->async_oneside) go_on_one_sided(p);
}

// A closed port answers with sequence number 0 and confirms the SYN, RFC 9293 3.5.2. A RST of the client's
// own proves nothing: the SYN|ACK may still come.
void TcpSession::on_reset_in_syn_sent(const Packet& p, Direction d) {
  const Side& c = client();
  const bool refused = d == Direction::to_client && has(p, tcp_flag::ack) && p.tcp.sequence == 0 &&
                       seq_gt(p.tcp.acknowledgment, c.isn) && seq_leq(p.tcp.acknowledgment, c.next_seq);
  if (refused)
    state_ = TcpState::closed;
  else
    result_.invalid = true;
}

void TcpSession::resend_syn(const Packet& p) {
  const Opening again = opening_of(p);
  if (again.isn == client().isn) {
    // Which of them the server has seen first, its answer says.
    if (again.timestamp != client().last_timestamp && openings_ == nullptr)
      openings_ = std::make_unique<Openings>();
    client().last_timestamp = again.timestamp;
    server().window = p.tcp.window;
    return take_opening_data(p, Direction::to_server);
  }
  if (openings_ == nullptr) openings_ = std::make_unique<Openings>();
  if (openings_->syns.size() >= settings_->max_syn_queued) return refuse(Anomaly::stream_3whs_syn_flood);
  openings_->syns.push_back(again);
}

// Both sides open at once; the client's SYN|ACK will answer this one. RFC 9293 3.5.
void TcpSession::simultaneous_syn(const Packet& p) {
  if (four_way_ && p.tcp.sequence != server().isn) return refuse(Anomaly::stream_4whs_wrong_seq);
  four_way_ = true;
  if (!fast_open_) leave_opening_data(client());
  open_side(server(), opening_of(p));
  server().timestamp_time = p.raw.time;
  client().window = p.tcp.window;
}

void TcpSession::answer_simultaneous_syn(const Packet& p) {
  if (p.tcp.acknowledgment != server().isn + 1) return refuse(Anomaly::stream_4whs_synack_with_wrong_ack);
  if (p.tcp.sequence != client().isn) return refuse(Anomaly::stream_4whs_synack_with_wrong_syn);
  agree_on_options();
  client().last_ack = client().isn;
  client().send_limit = client().isn + 1 + client().window;
  server().last_ack = server().isn + 1;
  server().window = p.tcp.window;
  server().send_limit = server().last_ack + server().window;
  state_ = TcpState::syn_recv;
}

// Of a connection that goes on as far as we know. Inline it does not arrive.
void TcpSession::remember_syn(const Packet& p, Direction d) {
  if (settings_->inline_mode || d == Direction::to_client || !opens(p.tcp)) return;
  if (openings_ == nullptr) openings_ = std::make_unique<Openings>();
  SlabVector<Opening>& syns = openings_->syns;
  if (!syns.empty() && (syns.back().isn == p.tcp.sequence || syns.size() >= settings_->max_syn_queued))
    syns.pop_back();
  syns.push_back(opening_of(p));
}

const TcpSession::Opening* TcpSession::newly_answered(const Packet& p, Direction d) const {
  constexpr std::uint8_t kOthers = tcp_flag::rst | tcp_flag::fin;
  const bool answers = (p.tcp.flags & tcp_flag::ack) != 0 && (p.tcp.flags & kOthers) == 0;
  if (openings_ == nullptr || settings_->inline_mode || d == Direction::to_server || !answers) return nullptr;
  const Side& c = side(Direction::to_server);
  if (state_ < TcpState::syn_recv) return nullptr;
  // The answer to the old SYN, once more.
  const bool is_known = state_ != TcpState::closed || p.tcp.sequence == side(Direction::to_client).isn;
  if (p.tcp.acknowledgment == c.isn + 1 && is_known) return nullptr;
  for (const Opening& o : openings_->syns)
    if (p.tcp.acknowledgment - (o.isn + 1) <= o.length && (o.isn != c.isn || !is_known)) return &o;
  return nullptr;
}

std::unique_ptr<TcpSession> TcpSession::begun_again(const Packet& packet, Direction direction) const {
  const Opening* const opening = newly_answered(packet, direction);
  if (opening == nullptr || !fits(*budget_)) return nullptr;
  auto out = std::make_unique<TcpSession>(*settings_, *budget_);
  Side& c = out->client();
  open_side(c, *opening);
  c.next_seq = packet.tcp.acknowledgment;  // what it sent with the SYN is a hole
  c.timestamp_time = packet.raw.time;
  c.flags_seen = tcp_flag::syn;
  out->server().window = opening->window;
  out->openings_ = std::make_unique<Openings>();  // it may have been sent with other times, too
  out->state_ = TcpState::syn_sent;
  return out;
}

bool TcpSession::adopt_syn(std::uint32_t acknowledgment) {
  if (openings_ == nullptr) return false;
  for (const Opening& o : openings_->syns) {
    // Inline, data of a SYN that nobody has looked at are not taken by anyone.
    if (acknowledgment - (o.isn + 1) > (settings_->inline_mode ? 0 : o.length)) continue;
    open_side(client(), o);
    client().stream.begin_again();
    client().next_seq = acknowledgment;  // what it sent with the SYN is a hole
    server().window = o.window;
    fast_open_ = false;
    return true;
  }
  return false;
}

void TcpSession::answer_syn(const Packet& p) {
  Side& c = client();
  const std::uint32_t ack = p.tcp.acknowledgment;
  if (ack != c.next_seq) {
    if (ack == c.isn + 1) {
      if (fast_open_) note(Anomaly::stream_3whs_synack_tfo_data_ignored);
      leave_opening_data(c);
    } else if (!(seq_gt(ack, c.isn + 1) && seq_lt(ack, c.next_seq)) && !adopt_syn(ack)) {
      // The server may have taken the shorter of two copies.
      return refuse(four_way_ ? Anomaly::stream_4whs_invalid_ack
                              : Anomaly::stream_3whs_synack_with_wrong_ack);
    }
  }
  fast_open_ = fast_open_ || ack != c.isn + 1;
  open_side(server(), opening_of(p));
  server().timestamp_time = p.raw.time;
  agree_on_options();
  if (openings_ != nullptr && c.has_timestamps && p.tcp.timestamp_echo != 0)
    c.last_timestamp = p.tcp.timestamp_echo;
  c.last_ack = ack;
  c.window = p.tcp.window;
  c.send_limit = ack + c.window;
  server().send_limit = server().isn + 1 + server().window;
  state_ = TcpState::syn_recv;
  take_opening_data(p, Direction::to_client);
}

// We see one side only: its next segment says that the handshake went well.
void TcpSession::go_on_one_sided(const Packet& p) {
  Side& c = client();
  if (p.tcp.sequence == c.isn + 1 && c.next_seq != c.isn + 1) leave_opening_data(c);
  if (p.tcp.sequence != c.next_seq) return refuse(Anomaly::stream_3whs_async_wrong_seq);
  async_ = true;
  server().isn = p.tcp.acknowledgment - 1;
  server().next_seq = server().last_ack = p.tcp.acknowledgment;
  server().stream.start_at(p.tcp.acknowledgment);
  c.last_ack = c.next_seq;
  state_ = TcpState::established;
  take_segment(p, Direction::to_server);
}

void TcpSession::on_syn_recv(const Packet& p, Direction d) {
  const bool to_server = d == Direction::to_server;
  if (has(p, tcp_flag::rst)) return on_reset(p, d);
  if (has(p, tcp_flag::syn) && has(p, tcp_flag::ack)) return resend_synack(p, d);
  if (has(p, tcp_flag::syn)) {
    if (!to_server) return refuse(Anomaly::stream_3whs_syn_toclient_on_syn_recv);
    if (p.tcp.sequence == client().isn) return;
    remember_syn(p, d);
    return refuse(Anomaly::stream_3whs_syn_resend_diff_seq_on_syn_recv);
  }
  if (!has(p, tcp_flag::ack)) return;
  if (has(p, tcp_flag::fin)) return on_fin_in_syn_recv(p, d);
  if (!timestamp_ok(p, d) || !completes_handshake(p, d)) return;
  state_ = TcpState::established;
  openings_.reset();
  if (!window_ok(p, d)) return refuse(Anomaly::stream_est_packet_out_of_window);
  take_segment(p, d);
}

// Whoever ends the connection had it open.
void TcpSession::on_fin_in_syn_recv(const Packet& p, Direction d) {
  state_ = TcpState::established;
  on_fin(p, d);
  if (!side(d).fin_seen) state_ = TcpState::syn_recv;
}

void TcpSession::resend_synack(const Packet& p, Direction d) {
  if (four_way_ && d == Direction::to_server) return;
  if (d == Direction::to_server) return refuse(Anomaly::stream_3whs_synack_toserver_on_syn_recv);
  Side& s = server();
  if (p.tcp.acknowledgment != client().last_ack && p.tcp.acknowledgment != client().next_seq)
    return refuse(Anomaly::stream_3whs_synack_resend_with_different_ack);
  if (p.tcp.sequence == s.isn) {
    take_timestamp(p, d);
    return take_opening_data(p, d);
  }
  // The server may have started anew; the client's ACK will say which one it takes.
  note(Anomaly::stream_3whs_synack_resend_with_diff_seq);
  if (openings_ == nullptr) openings_ = std::make_unique<Openings>();
  if (openings_->synacks.size() >= settings_->max_synack_queued)
    return refuse(Anomaly::stream_3whs_synack_flood);
  openings_->synacks.push_back(opening_of(p));
}

bool TcpSession::adopt_synack(std::uint32_t acknowledgment) {
  if (openings_ == nullptr) return false;
  for (const Opening& o : openings_->synacks) {
    if (acknowledgment != o.isn + 1) continue;
    const std::uint32_t window = server().window;
    open_side(server(), o);
    server().stream.begin_again();
    server().window = window;
    server().send_limit = o.isn + 1 + window;
    client().window = o.window;
    client().send_limit = client().last_ack + o.window;
    agree_on_options();
    return true;
  }
  return false;
}

bool TcpSession::completes_handshake(const Packet& p, Direction d) {
  const Side& c = client();
  Side& s = server();
  const std::uint32_t sequence = p.tcp.sequence;
  const std::uint32_t ack = p.tcp.acknowledgment;
  if (d == Direction::to_client) {
    const bool answers = ack == c.next_seq && sequence == s.next_seq;
    if (answers && (four_way_ || fast_open_)) return true;
    if (midstream_ && sequence == s.next_seq && seq_geq(ack, c.next_seq)) return true;
    // The client's ACK was lost to us, but the server goes on as if it had it.
    if (answers && !p.payload.empty()) {
      note(Anomaly::stream_3whs_ack_data_inject);
      return true;
    }
    refuse(Anomaly::stream_3whs_ack_in_wrong_dir);
    return false;
  }
  const bool in_place = sequence == c.next_seq || (fast_open_ && seq_geq(sequence, c.isn + 1));
  if (in_place && ack == s.next_seq) return true;
  const bool later = seq_gt(sequence, c.next_seq) && (midstream_ || seq_leq(sequence, c.send_limit));
  if ((in_place || later) && ack == s.isn + 1) leave_opening_data(s);
  if (adopt_synack(ack)) return true;
  const bool ack_in_window = seq_geq(ack, s.next_seq) && (midstream_ || seq_leq(ack, s.send_limit));
  // Segments in between were lost to us. What the server has not sent it did not confirm.
  const bool ahead = seq_gt(ack, s.next_seq) && !midstream_ && !async_;
  if ((in_place || later) && ack_in_window && (!ahead || take_doubt())) return true;
  refuse(in_place ? Anomaly::stream_3whs_right_seq_wrong_ack_evasion
                  : Anomaly::stream_3whs_wrong_seq_wrong_ack);
  return false;
}

}  // namespace weir::engine
