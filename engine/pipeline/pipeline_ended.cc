// Flows that come back after their end: what is remembered of them, and what becomes of their packets.
#include <utility>

#include "engine/pipeline/pipeline.h"

namespace weir::engine {
namespace {

// A connection that has long been established sends neither of its SYNs again.
bool is_handshake(const Packet& packet) {
  return packet.has_tcp && (packet.tcp.flags & tcp_flag::syn) != 0;
}

}  // namespace

// Without looking at it closely. Inline any flow may yet be dropped by what its end shows.
bool Pipeline::may_come_back(const Flow& flow, FlowEnd reason) const {
  if (!ended_.enabled() || (reason != FlowEnd::timeout && reason != FlowEnd::forced)) return false;
  return setup_.inline_mode ||
         (flow.tcp != nullptr && flow_state(flow.tcp->state()) == FlowState::established);
}

// Only connections that both ends agreed on, so that a flood of SYNs leaves no trace, and, inline, what rules dropped. What
// has come in place of a connection that is remembered does not displace it. A RST may have been somebody else's: where what
// comes without a handshake is picked up, inline, what goes on behind it is no new connection.
bool Pipeline::is_worth_remembering(const Flow& flow, const EndedFlow& facts) const {
  if (flow.state == FlowState::bypassed || flow.contested) return false;
  const TcpState state = facts.tcp.state;
  if (state == TcpState::none) return facts.dropped && !facts.dropped_by_policy;
  if (facts.dropped) return state >= TcpState::established;
  if (facts.tcp.closed_by_reset && setup_.inline_mode && setup_.streams.midstream) return true;
  return state >= TcpState::established && flow_state(state) == FlowState::established;
}

void Pipeline::remember(const Flow& flow, EndedFlow facts) {
  facts.dropped = flow.dropped && setup_.inline_mode;  // detect mode looks at what comes all the same
  facts.dropped_by_hand = flow.dropped_by_hand;
  facts.dropped_by_policy = flow.dropped_by_policy;
  if (facts.dropped) facts.request = nullptr;
  if (!is_worth_remembering(flow, facts)) return;
  counters_.flows_forgotten += ended_.remember(flow.hash, std::move(facts));
}

// The flow is of packets that do not belong to a connection that is remembered: is this the first that does? Once the
// server has answered a new SYN there is nothing left to come back to: the answer itself may have the old numbers, where a
// connection is played again.
bool Pipeline::comes_back(Flow& flow, const Packet& packet, Direction direction) {
  if (flow.tcp != nullptr && flow.tcp->is_answered()) {
    ended_.forget(flow.hash, flow.key);
    flow.contested = false;
    return false;
  }
  const EndedFlow* const past = ended_.find(flow.hash, flow.key, packet.raw.time);
  flow.contested = past != nullptr;
  return past != nullptr && !is_handshake(packet) &&
         past->tcp.fits(packet.tcp, past->direction_in(flow, direction));
}

// A new flow: perhaps it is not. False: it is one of which too little is known to look at the rest as at all of it.
bool Pipeline::recall(FlowTable::Lookup& lookup, const Packet& packet) {
  Flow& flow = *lookup.flow;
  const EndedFlow* const past = ended_.find(flow.hash, flow.key, packet.raw.time);
  if (past == nullptr) return true;
  const bool begins = packet.has_tcp && opens(packet.tcp);
  if (past->tcp.is_known()) {
    const bool fits =
        !is_handshake(packet) && past->tcp.fits(packet.tcp, past->direction_in(flow, lookup.direction));
    flow.contested = !fits || !TcpSession::fits(stream_memory_);
    if (flow.contested) return true;
    flow.tcp = std::make_unique<TcpSession>(setup_.streams, stream_memory_);
    const Bytes request = past->request != nullptr ? Bytes(*past->request) : Bytes{};
    flow.tcp->resume(past->tcp, request);
    if (past->tcp.closed_by_reset) flow.tcp->stream(Direction::to_server).consume_app(request.size());
  } else if (begins) {
    return true;
  }
  if (past->client_is_a != flow.client_is_a) {
    FlowTable::swap_sides(flow);
    lookup.direction = opposite(lookup.direction);
  }
  // Behind a RST the parser has had its end.
  const bool is_whole = past->dropped || (!past->lacks_request && !past->tcp.closed_by_reset);
  pick_up(flow, *past);
  return is_whole;
}

void Pipeline::pick_up(Flow& flow, const EndedFlow& past) {
  ++(past.dropped ? counters_.flows_still_dropped : counters_.flows_picked_up);
  flow.may_lack_packets = past.last <= missed_until_;
  flow.dropped = past.dropped;
  flow.dropped_by_hand = past.dropped_by_hand;
  flow.dropped_by_policy = past.dropped_by_policy;
  flow.passed = past.passed;
  flow.no_packet_inspection = past.no_packet_inspection;
  flow.no_payload_inspection = past.no_payload_inspection;
  if (flow.tcp == nullptr) return;
  if (!detect_) disable_raw(flow);
  apps_.pick_up(flow, past.protocol, past.parsing_over, past.request != nullptr && !past.tcp.closed_by_reset);
  ended_.forget(flow.hash, flow.key);
}

}  // namespace weir::engine
