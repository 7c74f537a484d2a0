#include "engine/tcp/tcp_memory.h"

#include <algorithm>

#include "engine/tcp/tcp_session.h"

namespace weir::engine {
namespace {

// Receivers take segments of the next window, and acknowledgments of the last.
bool is_near(const TcpSideNumbers& side, std::uint32_t number) {
  const std::uint32_t reach = std::max(TcpMemory::kReach, side.window);
  return seq_geq(number, side.last_ack - reach) && seq_leq(number, side.next_seq + reach);
}

}  // namespace

std::string_view to_string(TcpState s) {
  switch (s) {
    case TcpState::none: return "";
    case TcpState::syn_sent: return "syn_sent";
    case TcpState::syn_recv: return "syn_recv";
    case TcpState::established: return "established";
    case TcpState::fin_wait1: return "fin_wait1";
    case TcpState::fin_wait2: return "fin_wait2";
    case TcpState::time_wait: return "time_wait";
    case TcpState::last_ack: return "last_ack";
    case TcpState::close_wait: return "close_wait";
    case TcpState::closing: return "closing";
    case TcpState::closed: return "closed";
  }
  return "";
}

FlowState flow_state(TcpState s) {
  switch (s) {
    case TcpState::none:
    case TcpState::syn_sent:
    case TcpState::syn_recv: return FlowState::fresh;
    case TcpState::time_wait:
    case TcpState::last_ack:
    case TcpState::closed: return FlowState::closed;
    default: return FlowState::established;
  }
}

bool TcpMemory::fits(const TcpHeader& tcp, Direction d) const {
  return (tcp.flags & tcp_flag::ack) != 0 && is_near(sides[index(d)], tcp.sequence) &&
         is_near(sides[index(opposite(d))], tcp.acknowledgment);
}

TcpMemory TcpSession::memory() const {
  const TcpSideNumbers &to_server = side(Direction::to_server), &to_client = side(Direction::to_client);
  return {.sides = {{to_server, to_client}},
          .state = state_,
          .midstream = midstream_,
          .async = async_,
          .closed_by_reset = closed_by_reset_,
          .async_side = async_side_,
          .reset_by = reset_by_};
}

void TcpSession::resume(const TcpMemory& memory, Bytes request) {
  state_ = memory.state;
  midstream_ = memory.midstream;
  async_ = memory.async;
  async_side_ = memory.async_side;
  closed_by_reset_ = was_open_ = memory.closed_by_reset;
  reset_by_ = memory.reset_by;
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    Side& s = side(d);
    static_cast<TcpSideNumbers&>(s) = memory.sides[index(d)];
    const std::uint32_t end = s.fin_seen ? s.next_seq - 1 : s.next_seq;
    const std::uint32_t confirmed = s.last_ack == s.isn ? s.isn + 1 : s.last_ack;
    if (d == Direction::to_server && !request.empty()) {
      s.stream.begin_with(request, end - static_cast<std::uint32_t>(request.size()));
      s.stream.acknowledge(confirmed);
    } else {
      s.stream.start_at(seq_lt(confirmed, end) ? confirmed : end);
    }
    s.stream.note_sent(s.next_seq, s.isn);
    if (s.fin_seen) s.stream.end_at(end);
  }
}

}  // namespace weir::engine
