// Packets that no frame brought: what waits for a packet of one direction gets its turn, while the parser has more than is
// held at a time, when the protocol changes, and when the flow ends.
#include <array>
#include <new>
#include <optional>
#include <utility>

#include "decoders/net/ip_protocol.h"
#include "engine/flow/app_state.h"
#include "engine/log/event_head.h"
#include "engine/pipeline/pipeline.h"

namespace weir::engine {
namespace {

constexpr int kMaxFinalChunks = 64;  // pieces between holes that are looked at when a flow ends

}  // namespace

// The parser has more than is held at a time. What it made of the side that the packet does not come from would wait for
// a packet of that side: it gets its detection run by a pseudo packet.
bool Pipeline::has_more(Step& step) {
  if (!is_paused(step.flow)) return false;
  ++step.rounds;
  step.only_transactions = true;
  const bool other_side = *step.flow->app->paused != step.direction;
  if (!other_side || step.packet.is_pseudo() || step.flow->app->parser->transactions().empty()) return true;
  SegmentResult segment{.in_session = true};
  Step other = pseudo_step(*step.flow, opposite(step.direction), PacketOrigin::stream_flush, segment);
  other.only_transactions = true;
  inspect_pseudo(other);
  if (setup_.inline_mode) heed(step, other);
  return true;
}

// A change of protocol, or that the parser has seen enough, waits for the transactions so far: the other direction gets
// its detection run by a pseudo packet of its own. So it does when only now it is known whose its bytes are.
void Pipeline::finish_protocol(Step& step) {
  if (step.flow == nullptr || step.flow->app == nullptr) return;
  const AppLayer& app = *step.flow->app;
  if (app.change_pending || app.bypassed || app.came_late) end_protocol(step);
}

void Pipeline::end_protocol(Step& step) {
  step.flow->app->came_late = false;
  if (!step.packet.is_pseudo()) {
    SegmentResult segment{.in_session = true};
    segment.raw_update[index(opposite(step.direction))] = true;
    Step other = pseudo_step(*step.flow, opposite(step.direction), PacketOrigin::stream_flush, segment);
    inspect_pseudo(other);
    if (setup_.inline_mode) heed(step, other);
  }
  apps_.complete_change(*step.flow);
}

void Pipeline::end_flow(Flow& flow, FlowEnd reason) try {
  stages_.enter(Stage::flow);
  if (reason == FlowEnd::none && setup_.meters.parts_in_eve && !flow.only_metered)
    log_.flow_part(flow, now_, recorder_->whole(flow, reason));
  if (reason == FlowEnd::none || flow.only_metered || setup_.flows_only) return recorder_->tell(flow, reason);
  const bool settled = flow.state == FlowState::bypassed || (flow.dropped && setup_.inline_mode);
  std::optional<EndedFlow> facts;  // from before the streams and the parser are told that it ends
  if (may_come_back(flow, reason)) facts = EndedFlow::of(flow);
  if (flow.tcp != nullptr && !settled) finish_stream(flow);
  if (flow.others != nullptr) finish_readings(flow);
  if (facts) remember(flow, std::move(*facts));
  switch (flow.state) {
    case FlowState::fresh: ++counters_.flow_end_new; break;
    case FlowState::established: ++counters_.flow_end_established; break;
    case FlowState::closed: ++counters_.flow_end_closed; break;
    case FlowState::bypassed: ++counters_.flow_end_bypassed; break;
  }
  counters_.flow_tcp_reuse += reason == FlowEnd::tcp_reuse;
  if (packets_.tap != nullptr && (flow.alerted || flow.undecided_alerts != nullptr))
    packets_.tap->flow_over(flow.id);
  const bool shown = recorder_ && setup_.meters.in_eve;
  log_.flow_end(flow, reason, now_, shown ? &recorder_->whole(flow, reason) : nullptr);
  if (recorder_) recorder_->tell(flow, reason);
} catch (const std::bad_alloc&) {  // its event is lost
  ++counters_.out_of_memory;
}

// What is left in the streams goes to the parser and to detection, each direction in a pseudo packet of its
// own, when there is anything left or the connection was not closed.
void Pipeline::finish_stream(Flow& flow) {
  const TcpState state = flow.tcp->state();
  if (state == TcpState::none || state == TcpState::syn_sent) return;
  flow.tcp->finish();
  for (const Direction d : {Direction::to_server, Direction::to_client})
    while (flow.tcp->stream(d).note_hole()) counters_.tcp_reassembly_gap += !flow.is_other_reading;
  const bool open = flow.tcp->established() && state != TcpState::closed;
  const bool transactions =
      flow.app != nullptr && flow.app->parser != nullptr && !flow.app->parser->transactions().empty();
  std::array<bool, 2> due{};
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    const TcpStream& stream = flow.tcp->stream(d);
    due[index(d)] = open || transactions || has_frames(flow.app.get(), d) ||
                    stream.app_chunk().kind != TcpStream::Chunk::Kind::none ||
                    !stream.raw_chunk().data.empty();
  }
  const bool both = due[0] && due[1];
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    if (!due[index(d)]) continue;
    const TcpStream& stream = flow.tcp->stream(d);
    for (int i = 0; i < kMaxFinalChunks && stream.raw_ready() && stream.more_behind_raw_chunk(); ++i)
      inspect_pseudo(flow, d, PacketOrigin::flow_timeout, false);
    inspect_pseudo(flow, d, PacketOrigin::flow_timeout, !both || d == Direction::to_client);
  }
}

void Pipeline::inspect_pseudo(Flow& flow, Direction direction, PacketOrigin origin, bool last) {
  SegmentResult segment{.in_session = true};
  segment.raw_update[index(direction)] = true;
  Step step = pseudo_step(flow, direction, origin, segment);
  step.last_of_flow = last;
  inspect_pseudo(step);
}

Pipeline::Step Pipeline::pseudo_step(Flow& flow, Direction direction, PacketOrigin origin,
                                     const SegmentResult& segment) {
  const bool to_server = direction == Direction::to_server;
  pseudo_ = Packet{};
  pseudo_.origin = origin;
  pseudo_.raw.time = now_;
  pseudo_.raw.number = packet_number_;
  pseudo_.raw.capture = flow.capture;
  pseudo_.vlan_ids = flow.vlan;
  pseudo_.vlan_count = flow.vlan_count;
  pseudo_.ip.version = flow.client.family;
  pseudo_.ip.ttl = 64;
  pseudo_.ip.protocol = ip_protocol::tcp;
  pseudo_.ip.source = to_server ? flow.client : flow.server;
  pseudo_.ip.destination = to_server ? flow.server : flow.client;
  pseudo_.source_port = to_server ? flow.client_port : flow.server_port;
  pseudo_.destination_port = to_server ? flow.server_port : flow.client_port;
  pseudo_.has_tcp = true;
  pseudo_.tcp.flags = tcp_flag::ack;
  ++counters_.tcp_pseudo;
  return {.packet = pseudo_,
          .flow = &flow,
          .direction = direction,
          .segment = &segment,
          .established = is_established(flow)};
}

void Pipeline::inspect_pseudo(Step& step) try {
  Flow& flow = *step.flow;
  const bool ends = step.packet.origin == PacketOrigin::flow_timeout;
  if (flow.app != nullptr) flow.app->begin_packet();
  do {
    enter(step, Stage::app_layer);
    if (flow.is_other_reading && !ends) parse_application(step);
    if (ends) apps_.finish_direction(flow, step.direction, now_);
    const DetectResult& found = detect(step);
    decide(step, found);
    enter(step, Stage::output);
    const PacketFacts facts = facts_of(step);
    if (!found.tells_nothing()) write_alerts(step, found);
    if (step.rounds == 0 && !flow.is_other_reading && has_anomalies(step)) log_.anomalies(facts, nullptr);
    settle_frames(step);
    settle_transactions(step);
  } while ((ends || flow.is_other_reading) && has_more(step));
} catch (const std::bad_alloc&) {
  run_out_of_memory(step);
}

}  // namespace weir::engine
