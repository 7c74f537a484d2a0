// Would the receiver take this segment? Sequence, acknowledgment, timestamp and reset checks.
#include "engine/tcp/tcp_session.h"

namespace weir::engine {
namespace {

// Timestamps older than this say nothing, RFC 7323 5.5.
constexpr TimeUs kTimestampLife = 24LL * 24 * 3600 * 1'000'000;

}  // namespace

// All hosts drop what opens, confirms and aborts nothing, RFC 9293 3.10.7.4.
bool TcpSession::has_control_bits(const Packet& p) {
  constexpr std::uint8_t kOneOf = tcp_flag::syn | tcp_flag::ack | tcp_flag::rst;
  if (!followed() || (p.tcp.flags & kOneOf) != 0) return true;
  result_.invalid = true;
  return false;
}

// Linux drops source routes, malformed IP options, signatures that were not agreed on and, since 6.7, malformed options of
// TCP; others take them. What has no hops left arrives only if no router follows.
bool TcpSession::systems_differ(const Packet& p, Direction d) const {
  const Side& s = side(d);
  return p.ip.options_in_doubt || p.tcp.malformed_options || (p.tcp.have_md5 && !s.has_md5 && !midstream_) ||
         (p.ip.ttl <= 1 && !s.is_near && !settings_->inline_mode);
}

// Inline there is no doubt: the segment does not arrive.
bool TcpSession::take_doubt() {
  result_.invalid = settings_->inline_mode;
  result_.doubtful = !settings_->inline_mode;
  return result_.doubtful;
}

// PAWS, RFC 7323 5. One tick back is let pass: some systems order segments that loosely.
bool TcpSession::timestamp_ok(const Packet& p, Direction d) {
  const Side& s = side(d);
  if (!p.tcp.have_timestamp || !s.has_timestamps || !s.timestamp_known) return true;
  if (s.last_timestamp == 0) return true;  // some systems begin so
  if (p.raw.time > s.timestamp_time + kTimestampLife) return true;
  if (seq_distance(s.last_timestamp, p.tcp.timestamp_value) + 1 >= 0) return true;
  refuse(Anomaly::stream_pkt_invalid_timestamp);
  return false;
}

void TcpSession::take_timestamp(const Packet& p, Direction d) {
  Side& s = side(d);
  if (!p.tcp.have_timestamp || !s.has_timestamps) return;
  // RFC 7323 4.3: only of what the receiver was waiting for. What ends before that, or acknowledges less than was known,
  // says nothing new.
  const std::uint32_t end = p.tcp.sequence + static_cast<std::uint32_t>(p.payload.size());
  if (result_.doubtful || seq_gt(p.tcp.sequence, s.last_ack) || seq_lt(end, s.last_ack)) return;
  if (seq_lt(p.tcp.acknowledgment, side(opposite(d)).last_ack) && (p.tcp.flags & tcp_flag::ack) != 0) return;
  const bool newer = !s.timestamp_known || seq_geq(p.tcp.timestamp_value, s.last_timestamp);
  if (!newer && p.raw.time <= s.timestamp_time + kTimestampLife) return;
  s.timestamp_known = true;
  s.last_timestamp = p.tcp.timestamp_value;
  s.timestamp_time = p.raw.time;
}

// The acknowledgment must lie between what the other side had confirmed, less a window, and what it may have
// sent.
bool TcpSession::ack_ok(const Packet& p, Direction d) {
  if ((p.tcp.flags & tcp_flag::ack) == 0) return true;
  const Side& other = side(opposite(d));
  const std::uint32_t ack = p.tcp.acknowledgment;
  if (ack == other.last_ack || async_ || midstream_) return true;
  if (seq_gt(ack, other.last_ack)) {
    if (seq_leq(ack, sent_by(other))) return true;
    // Of what we have not seen being sent: a capture may have lost it.
    if (seq_leq(ack, send_limit_of(other)) && take_doubt()) return true;
  } else if (other.window == 0 || seq_geq(ack, other.last_ack - other.window)) {
    // Less than its SYN, which was confirmed: RFC 5961 5.2 lets that pass, newer systems do not.
    if (seq_gt(ack, other.isn) || take_doubt()) return true;
  }
  refuse(Anomaly::stream_pkt_invalid_ack);
  return false;
}

// The end of the data must be inside the receiver's window; a byte that asks whether a closed window has
// opened is not.
bool TcpSession::window_ok(const Packet& p, Direction d) {
  if (midstream_ || async_) return true;
  const Side& s = side(d);
  const auto length = static_cast<std::uint32_t>(p.payload.size());
  if (seq_leq(p.tcp.sequence + length, send_limit_of(s))) return true;
  const bool window_probe = length == 1 && p.tcp.sequence == s.next_seq && s.window == 0;
  return window_probe || (length == 0 && seq_leq(p.tcp.sequence, s.next_seq));
}

// Bytes where nothing follows any more. Whoever got the end does not take them; inline they must not arrive at one who did
// not, as nobody looks at them.
bool TcpSession::goes_past_end(const Packet& p, Direction d) const {
  if (!settings_->inline_mode || p.payload.empty()) return false;
  const std::uint32_t end = p.tcp.sequence + static_cast<std::uint32_t>(p.payload.size());
  return seq_gt(end, side(d).fin_seen ? side(d).next_seq - 1 : side(d).next_seq);
}

// With a hole before it a RST may have come in order or not: if nothing follows, it has.
bool TcpSession::is_doubtful_reset(const Packet& p, Direction d) const {
  const Side& s = side(d);
  return !midstream_ && !async_ && !settings_->inline_mode && p.tcp.sequence == s.next_seq &&
         (s.stream.has_hole() || s.stream.end_waits());
}

bool TcpSession::reset_ok(const Packet& p, Direction d) const {
  const Side& s = side(d);
  const std::uint32_t sequence = p.tcp.sequence;
  if (midstream_ || async_) return true;
  if (accepts_reset_in_window(side(opposite(d)).system)) {
    const auto length = static_cast<std::uint32_t>(p.payload.size());
    return seq_geq(sequence + length, s.last_ack) && seq_leq(sequence, s.next_seq + s.window);
  }
  if (side(opposite(d)).system == HostSystem::hpux11) return seq_geq(sequence, s.next_seq);
  // Where a FIN waits behind a hole the receiver expects less.
  const bool in_order = !s.stream.has_hole() && !s.stream.end_waits();
  if (sequence == s.next_seq && in_order) return true;
  // After its FIN a side may still count from the FIN itself, and a server from what the client confirmed:
  // measured, as no document says so.
  if (state_ == TcpState::close_wait) return s.fin_seen && sequence + 1 == s.next_seq && in_order;
  const bool over =
      state_ == TcpState::last_ack || state_ == TcpState::closing || state_ == TcpState::time_wait;
  return over && d == Direction::to_client && sequence == s.last_ack && s.next_seq - s.last_ack > 1;
}

bool TcpSession::is_keep_alive(const Packet& p, Direction d) const {
  constexpr std::uint8_t kControl = tcp_flag::syn | tcp_flag::fin | tcp_flag::rst;
  return (p.tcp.flags & kControl) == 0 && p.payload.size() <= 1 && p.tcp.sequence + 1 == side(d).next_seq &&
         side(d).last_ack == side(d).next_seq;
}

std::uint32_t TcpSession::announced_window(const Packet& p, Direction d) const {
  return std::uint32_t{p.tcp.window} << side(d).scale;
}

}  // namespace weir::engine
