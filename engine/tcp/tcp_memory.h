// What can be known of a TCP connection in a few bytes: how far it has come, and the numbers of its two sides.
//
// Plain data. It outlives the session that gave it (TcpSession::memory), and another session goes on from it
// (TcpSession::resume). No payload is part of it: what was not acknowledged then and does not come again is a hole.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "decoders/packet.h"
#include "decoders/types.h"
#include "engine/tcp/flow_state.h"
#include "engine/tcp/tcp_sequence.h"

namespace weir::engine {

enum class TcpState : std::uint8_t {
  none,
  syn_sent,
  syn_recv,
  established,
  fin_wait1,
  fin_wait2,
  time_wait,
  last_ack,
  close_wait,
  closing,
  closed
};
// "syn_sent" ...: EVE's tcp.state. Empty for none.
std::string_view to_string(TcpState s);
// What that state makes of the flow.
FlowState flow_state(TcpState s);

// Of one side of a connection, as a sender.
struct TcpSideNumbers {
  std::uint32_t isn = 0;
  std::uint32_t next_seq = 0;    // of what it will send next
  std::uint32_t last_ack = 0;    // the other side acknowledged up to here
  std::uint32_t send_limit = 0;  // it may send up to here: acknowledgment and window of the other side
  std::uint32_t window = 0;      // bytes, as last announced by the other side
  std::uint32_t last_timestamp = 0;
  TimeUs timestamp_time = 0;
  std::uint8_t scale = 0;  // shift of the windows that this side announces
  bool has_timestamps = false, timestamp_known = false, fin_seen = false;
  bool has_md5 = false;  // signed its SYN (RFC 2385)
};

// A SYN that asks for a connection, and nothing else.
inline bool opens(const TcpHeader& tcp) {
  constexpr std::uint8_t kFlags = tcp_flag::syn | tcp_flag::ack | tcp_flag::rst | tcp_flag::fin;
  return (tcp.flags & kFlags) == tcp_flag::syn;
}

struct TcpMemory {
  // Bytes that a segment may be away from the last known numbers, or a window if that is more, to be taken for one of the
  // same connection; whether the receiver takes it is for the session to say. Who guesses both numbers blindly meets them
  // once in a million times.
  static constexpr std::uint32_t kReach = 1U << 20U;

  std::array<TcpSideNumbers, 2> sides;  // by Direction
  TcpState state = TcpState::none;      // none: nothing is known
  bool midstream = false, async = false, closed_by_reset = false;
  Direction async_side = Direction::to_server;
  Direction reset_by = Direction::to_server;  // with closed_by_reset

  [[nodiscard]] bool is_known() const { return state != TcpState::none; }
  // A segment of direction `d` may belong to this connection.
  [[nodiscard]] bool fits(const TcpHeader& tcp, Direction d) const;
};

}  // namespace weir::engine
