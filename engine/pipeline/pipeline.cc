#include "engine/pipeline/pipeline.h"

#include <algorithm>
#include <limits>
#include <new>

#include "decoders/app/protocol.h"
#include "decoders/net/ip_protocol.h"
#include "decoders/prefetch.h"
#include "engine/flow/app_state.h"
#include "engine/flow/detect_state.h"
#include "engine/flow/flow_frames.h"
#include "engine/flow/flow_macs.h"
#include "engine/flow/flow_meter.h"
#include "engine/tcp/tcp_session.h"

namespace weir::engine {
namespace {

// What the next steps will ask.
void prefetch_state(const Flow& flow) {
  prefetch(flow.tcp.get());
  prefetch(flow.app.get());
  prefetch(flow.detect.get());
}

}  // namespace

Pipeline::Pipeline(const PipelineSetup& setup, std::shared_ptr<const rules::RuleSet> rules,
                   rules::SharedState& shared, const std::vector<EventLog::Output>& outputs,
                   RunPosition& position, const PoolLinks& pool)
    : setup_(setup),
      position_(position),
      decoder_(setup.decoding, setup.defrag),
      stream_memory_{.limit = setup.streams.reassembly_memcap_bytes,
                     .sessions_limit = setup.streams.memcap_bytes},
      flows_(setup.flows),
      ended_(setup.flows.ended_memory),
      normaliser_(setup.normaliser, counters_),
      dropped_datagrams_(setup.defrag, setup.inline_mode),
      apps_(setup.app_layer, counters_, pool.expected, pool.ranged),
      log_(outputs, rules, counters_, setup.policies, setup.inline_mode, pool.deferred),
      packets_(pool.packets) {
  log_.set_limits(setup.log_limits);
  if (packets_.tap != nullptr) log_.tell_packets(*packets_.tap, packets_.settings->which);
  for (const EventLog::Output& output : outputs) {
    requested_by_outputs_ |= output.log->requested();
    notes_macs_ = notes_macs_ || output.log->wants_macs();
  }
  if (pool.files != nullptr) {
    requested_by_outputs_.files |= pool.files->settings().facts;
    log_.store_files(*pool.files, pool.turn);
  }
  if (setup.flows.metered) recorder_.emplace(pool.records, setup.inline_mode, setup.meters.sample.n);
  samples_packets_ = setup.flows.metered && setup.meters.leaves_out_packets();
  request_for(rules.get());
  if (rules == nullptr) return;
  DetectSettings detection = setup.detection;
  detection.defer_thresholds = pool.deferred != nullptr;
  detection.turn = pool.turn;
  detect_.emplace(rules, detection, shared);
}

Pipeline::~Pipeline() = default;

Verdict Pipeline::inspect(const RawPacket& raw) {
  const StageClock::Unit unit(stages_, &counters_.latency);
  stages_.enter(Stage::decode);
  try {
    decoder_.decode(raw, frame_);  // the frame, and what it carries: a whole datagram, tunnels
  } catch (const std::bad_alloc&) {
    return run_out_of_memory(raw);
  }
  return inspect_packets(frame_, kAllPackets);
}

Verdict Pipeline::inspect(DecodedFrame& frame, PacketMask which) {
  const StageClock::Unit unit(stages_, &counters_.latency);
  return inspect_packets(frame, which);
}

Verdict Pipeline::inspect_packets(DecodedFrame& frame, PacketMask which) {
  const RawPacket& raw = frame.packets[0].raw;
  rewritten_.clear();
  advance_clock(raw.time, raw.number);  // flows whose time is over end first
  frame_number_ = raw.number != 0 ? raw.number : frame_number_ + 1;
  outcome_ = {};
  completing_ = nullptr;
  if (samples_packets_) {
    sampled_ = setup_.meters.takes_packet(frame_number_);
    if (!sampled_ && setup_.flows_only) return Verdict::accept;
  }
  deadline_ = setup_.packet_budget != 0 ? ticks_now() + setup_.packet_budget : 0;
  // The innermost first: what is dropped inside takes the frame with it.
  for (std::size_t i = frame.count; i-- > 0;) {
    if ((which >> i & 1U) == 0) continue;
    position_.move_to(EventOrder::of_packet(raw.number, i));
    const bool inner = frame.packets[i].tunnel_depth != 0;  // or put together from fragments that are
    Step step{.packet = frame.packets[i], .tunnel = inner ? &frame.tunnels[i] : nullptr};
    if (i != 0) step.around = &frame.packets[i - 1];
    step.frame = frame_number_;
    step.is_frame = i == 0;
    step.refused_fragment = i == frame.refused;
    step.fate.no_payload_detection = frame.carries_packet(i);  // what it carries is looked at as a packet
    if (inner) count_tunnel(frame.packets[i]);
    const bool fragment = setup_.inline_mode && step.packet.ip.is_fragment;
    if (setup_.inline_mode && outcome_.verdict != Verdict::accept)
      step.fate.drop(DropReason::tunnel_packet_drop);
    else if (fragment && dropped_datagrams_.has(step.packet))
      step.fate.drop(DropReason::tunnel_packet_drop);
    inspect_one(step);
    conclude(step, i == 0);
    if (fragment && outcome_.verdict != Verdict::accept) dropped_datagrams_.add(step.packet);
    if (setup_.inline_mode && i == 0) normalise(step);
  }
  return outcome_.verdict;
}

void Pipeline::inspect_one(Step& step) try {
  count(step.packet);
  if (setup_.flows_only) return meter_only(step.packet, step.around);
  find_flow(step);               // null for packets that carry no flow
  if (is_settled(step)) {        // dropped or bypassed, as was decided before
    if (packets_.tap != nullptr) keep_packet(step);
    return;
  }
  track_stream(step);  // TCP order; the flow owns the bytes
  if (packets_.tap != nullptr) keep_packet(step);
  do {
    parse_application(step);  // whole messages become transactions, so many at a time
    const DetectResult& found = detect(step);
    if (over_budget()) apply_policy(step, ExceptionTarget::packet_budget);
    decide(step, found);
    replace_contents(step, found);
    write_events(step, found);
    settle_frames(step);        // those that rules and logs are done with are let go
    settle_transactions(step);  // written and inspected ones, too
  } while (has_more(step));
  if (step.flow != nullptr && step.flow->others != nullptr) follow_readings(step);
  finish_protocol(step);  // what follows is encrypted, or another protocol (STARTTLS, CONNECT)
  let_go_of_flow(step);
} catch (const std::bad_alloc&) {
  run_out_of_memory(step);
}

void Pipeline::conclude(const Step& step, bool outermost) {
  const PacketFate& fate = step.fate;
  outcome_.verdict = std::max(outcome_.verdict, fate.verdict);
  if (outcome_.reason == DropReason::none) outcome_.reason = fate.reason;
  if (fate.reject != RejectTarget::none && outcome_.rejected == nullptr && step.packet.tunnel_depth == 0) {
    outcome_.rejected = &step.packet;
    outcome_.reject = fate.reject;
  }
  if (!outermost) return;
  outcome_.bypass = step.flow != nullptr && step.flow->state == FlowState::bypassed;
  outcome_.frame = step.packet.frame;
  outcome_.replaced = fate.replaced;
}

void Pipeline::advance_clock(TimeUs now, std::uint64_t packet_number) {
  stages_.enter(Stage::flow);
  now_ = now;
  packet_number_ = packet_number;
  if (recorder_ && recorder_->is_new_second(now)) {
    position_.move_to(EventOrder::before_packet(packet_number));
    recorder_->clock(now);
    expire_fragments(now);
  }
  flows_.expire(now, [this](Flow& flow, FlowEnd reason) {
    const std::int64_t due_s = reason == FlowEnd::none ? flow.meter->told_s : flows_.deadline_s(flow);
    position_.move_to(EventOrder::of_expired(packet_number_, due_s, flow.first_packet, flow.id));
    end_flow(flow, reason);
  });
}

void Pipeline::set_rules(std::shared_ptr<const rules::RuleSet> rules) {
  log_.set_rules(rules);
  request_for(rules.get());
  if (detect_) detect_->replace_rules(std::move(rules));
}

// What parsers are to make: outputs and rules add up.
void Pipeline::request_for(const rules::RuleSet* rules) {
  Requested all = requested_by_outputs_;
  if (rules != nullptr) all |= rules->requested();
  all.at_once = setup_.inline_mode;
  apps_.set_requested(all);
}

void Pipeline::finish() {
  if (recorder_) expire_fragments(std::numeric_limits<TimeUs>::max());
  flows_.drain([this](Flow& flow, FlowEnd reason) {
    const StageClock::Unit unit(stages_);
    position_.move_to(EventOrder::of_left(flow.first_packet, flow.id));
    end_flow(flow, reason);
  });
}

void Pipeline::count(const Packet& packet) {
  if (packet.origin == PacketOrigin::wire) {
    ++counters_.decoder_pkts;
    counters_.decoder_bytes += packet.frame.size();
    counters_.decoder_max_pkt_size =
        std::max<std::uint64_t>(counters_.decoder_max_pkt_size, packet.frame.size());
  }
  if (packet.invalid) {
    ++counters_.decoder_invalid;
    // The decoder that gave up has had the packet, too; none has no name that would be shown.
    ++counters_.layers[static_cast<std::size_t>(packet.failed)];
  }
  for (const Fault& f : packet.faults)
    counters_.decoder_unknown_ethertype += f.what == Anomaly::ethernet_unknown_ethertype;
  for (const Layer& layer : packet.layers) ++counters_.layers[static_cast<std::size_t>(layer.proto)];
  if (packet.vlan_count > 1) count_stacked_tags(packet);
  if (packet.ip.is_fragment)
    ++(packet.ip.version == 4 ? counters_.defrag_ipv4_fragments : counters_.defrag_ipv6_fragments);
  if (packet.origin == PacketOrigin::defragmented)
    ++(packet.ip.version == 4 ? counters_.defrag_ipv4_reassembled : counters_.defrag_ipv6_reassembled);
  // Most segments have none of these.
  if (!packet.has_tcp || (packet.tcp.flags & (tcp_flag::syn | tcp_flag::rst | tcp_flag::urg)) == 0) return;
  const std::uint8_t opening = packet.tcp.flags & (tcp_flag::syn | tcp_flag::ack);
  counters_.tcp_syn += opening == tcp_flag::syn;
  counters_.tcp_synack += opening == (tcp_flag::syn | tcp_flag::ack);
  counters_.tcp_rst += (packet.tcp.flags & tcp_flag::rst) != 0;
  counters_.tcp_urg += (packet.tcp.flags & tcp_flag::urg) != 0;
}

// Each counter of VLANs counts packets: those with a tag, with a second one, with a third.
void Pipeline::count_stacked_tags(const Packet& packet) {
  const auto tags = std::count_if(packet.layers.begin(), packet.layers.end(),
                                  [](const Layer& layer) { return layer.proto == Proto::vlan; }) +
                    (packet.failed == Proto::vlan ? 1 : 0);
  if (tags < 2) return;  // ERSPAN's header named the other VLAN
  counters_.layers[static_cast<std::size_t>(Proto::vlan)] -= static_cast<std::uint64_t>(tags - 1);
  ++counters_.decoder_vlan_qinq;
  counters_.decoder_vlan_qinqinq += tags > 2;
}

// IP that is carried in IP itself, at any depth.
void Pipeline::count_tunnel(const Packet& inner) {
  const bool in_ipv4 = inner.carrier == Proto::ipv4;
  if (inner.origin != PacketOrigin::tunnel || (!in_ipv4 && inner.carrier != Proto::ipv6)) return;
  if (inner.ip.version == 4) ++(in_ipv4 ? counters_.decoder_ipv4_in_ipv4 : counters_.decoder_ipv4_in_ipv6);
  if (inner.ip.version == 6) ++(in_ipv4 ? counters_.decoder_ipv6_in_ipv4 : counters_.decoder_ipv6_in_ipv6);
}

void Pipeline::find_flow(Step& step) {
  enter(step, Stage::flow);
  const auto on_end = [this](Flow& flow, FlowEnd reason) { end_flow(flow, reason); };
  if (step.packet.has_icmp && recorder_ && is_icmpv4_error(step.packet))
    meter_alone(step.packet, step.around);
  FlowTable::Lookup lookup = flows_.find_or_create(step.packet, on_end);
  if (lookup.flow != nullptr && !lookup.created && is_of_another(*lookup.flow, step.packet, lookup.direction))
    lookup = begin_another(lookup, step.packet);
  const bool is_whole = !lookup.created || !recalls(step.packet) || recall(lookup, step.packet);
  step.flow = lookup.flow;
  step.direction = lookup.direction;
  if (step.flow != nullptr && !lookup.created) prefetch_state(*step.flow);
  step.established = step.flow != nullptr && is_established(*step.flow);
  if (recorder_ && !lookup.refused) meter(step, lookup.created);
  if (notes_macs_ && step.flow != nullptr) note_macs(*step.flow, step.packet, step.direction);
  if (step.flow != nullptr && step.flow->app != nullptr) step.flow->app->begin_packet();
  if (!is_whole && setup_.inline_mode) apply_policy(step, ExceptionTarget::stream_midstream);
  if (step.refused_fragment) apply_policy(step, ExceptionTarget::defrag_memcap);
  if (lookup.refused) {
    ++counters_.flow_memcap;
    apply_policy(step, ExceptionTarget::flow_memcap);
  }
  if (lookup.created) {
    ++counters_.flow_total;
    counters_.flow_tcp += step.packet.has_tcp;
    counters_.flow_udp += step.packet.has_udp;
    counters_.flow_icmpv4 += step.packet.has_icmp && step.packet.ip.version == 4;
    counters_.flow_icmpv6 += step.packet.has_icmp && step.packet.ip.version == 6;
  }
}

// A new flow in place of one of the same ends.
FlowTable::Lookup Pipeline::begin_another(const FlowTable::Lookup& old, const Packet& packet) {
  std::unique_ptr<TcpSession> opened;
  if (old.flow->tcp != nullptr) opened = old.flow->tcp->begun_again(packet, old.direction);
  FlowTable::Lookup lookup =
      flows_.replace(old.flow, packet, [this](Flow& flow, FlowEnd reason) { end_flow(flow, reason); });
  if (opened == nullptr || lookup.flow == nullptr) return lookup;
  lookup.flow->tcp = std::move(opened);
  FlowTable::swap_sides(*lookup.flow);  // its first packet is of the server
  lookup.direction = opposite(lookup.direction);
  return lookup;
}

void Pipeline::note_macs(Flow& flow, const Packet& packet, Direction d) {
  if (flow.macs == nullptr) flow.macs = std::make_unique<FlowMacs>();
  flow.macs->note(packet, d);
}

// Before detection: what it finds is told of a frame that is there already.
void Pipeline::keep_packet(const Step& step) const {
  const Flow* const flow = step.flow;
  const std::uint64_t id = flow != nullptr ? flow->id : 0;
  if (!step.is_frame) return packets_.tap->inner_flow(step.frame, id);
  if (flow != nullptr && packets_.settings->honor_pass_rules && flow->passed) return;
  if (flow != nullptr && packets_.settings->use_stream_depth && flow->tcp != nullptr && depth_reached(*flow))
    return;
  packets_.tap->frame(step.packet.raw, step.frame, id);
}

// The packet that completes a handshake is still part of it, unless it brings data (follow_segment()).
bool Pipeline::is_established(const Flow& flow) {
  if (flow.tcp != nullptr) return flow.tcp->established();
  return flow.state == FlowState::established || flow.state == FlowState::closed;
}

void Pipeline::track_stream(Step& step) {
  enter(step, Stage::stream);
  if (step.flow == nullptr || !step.packet.has_tcp || step.flow->protocol != ip_protocol::tcp) return;
  Flow& flow = *step.flow;
  if (setup_.checksums_keep_out && (step.packet.l4_checksum_bad || step.packet.ip_checksum_bad)) {
    ++counters_.tcp_invalid_checksum;
    return;
  }
  if (flow.tcp == nullptr && !TcpSession::fits(stream_memory_)) {
    ++counters_.tcp_ssn_memcap_drop;
    return apply_policy(step, ExceptionTarget::stream_memcap);
  }
  if (flow.tcp == nullptr) flow.tcp = std::make_unique<TcpSession>(setup_.streams, stream_memory_);
  if (!detect_) disable_raw(flow);
  follow_segment(step);
  judge_segment(step);
  update_flow_state(flow);
}

void Pipeline::follow_segment(Step& step) {
  Flow& flow = *step.flow;
  if (flow.tcp->is_ambiguous(step.packet, step.direction)) look_for_other_readings(step);
  segment_ = flow.tcp->on_segment(step.packet, step.direction);
  if (flow.tcp->take_swapped()) {
    FlowTable::swap_sides(flow);
    step.direction = opposite(step.direction);
  }
  step.segment = &segment_;
  if (segment_.became_established && segment_.payload_added) step.established = true;
  if (!flow.tcp->events().empty()) {
    stream_events_.assign(flow.tcp->events().begin(), flow.tcp->events().end());
    step.stream_events = &stream_events_;
    count_stream_events();
  }
  counters_.tcp_sessions += segment_.became_established;
  counters_.segments_not_taken += segment_.invalid;
  counters_.segments_doubtful += segment_.doubtful;
  counters_.tcp_overlap += segment_.overlaps;
  if (segment_.midstream) counters_.tcp_midstream_pickups += segment_.in_session;
}

void Pipeline::count_stream_events() {
  for (const Anomaly event : stream_events_) {
    counters_.tcp_stream_depth_reached += event == Anomaly::stream_reassembly_depth_reached;
    counters_.tcp_reassembly_gap += event == Anomaly::stream_reassembly_seq_gap;
    counters_.tcp_segment_memcap_drop += event == Anomaly::stream_reassembly_insert_memcap;
  }
}

// No stream rules will look at this flow, so its bytes need not wait for them.
void Pipeline::disable_raw(Flow& flow) {
  if (flow.tcp == nullptr) return;
  for (const Direction d : {Direction::to_server, Direction::to_client})
    if (!flow.tcp->stream(d).raw_disabled()) flow.tcp->stream(d).disable_raw();
}

// A connection that is closing still counts as established until both sides are done.
void Pipeline::update_flow_state(Flow& flow) {
  if (!flow.tcp->established()) return;
  const FlowState state = flow_state(flow.tcp->state());
  if (state != flow.state && flow.state != FlowState::bypassed) flows_.set_state(flow, state);
}

void Pipeline::parse_application(Step& step) {
  enter(step, Stage::app_layer);
  if (step.flow == nullptr || step.flow->dropped_by_policy) return;
  if (step.rounds != 0) {
    apps_.resume(*step.flow, step.packet.raw.time);
  } else if (step.segment != nullptr) {
    if (step.segment->app_update[0] || step.segment->app_update[1])
      step.direction = apps_.on_segment(*step.flow, *step.segment, step.direction, step.packet.raw.time);
  } else if (step.packet.has_udp && step.fate.verdict == Verdict::accept) {
    step.direction = apps_.on_datagram(*step.flow, step.packet, step.direction);
  }
  if (step.flow->app != nullptr && step.flow->app->gave_up_now)
    apply_policy(step, ExceptionTarget::app_layer_error);
}

const DetectResult& Pipeline::detect(Step& step) {
  enter(step, Stage::detect);
  if (!detect_ || step.fate.no_detection) return nothing_;
  if (step.flow != nullptr && (step.flow->no_packet_inspection || step.flow->dropped)) return nothing_;
  const DetectResult& found = detect_->run({.packet = step.packet,
                                            .flow = step.flow,
                                            .direction = step.direction,
                                            .segment = step.segment,
                                            .stream_events = step.stream_events,
                                            .established = step.established,
                                            .no_payload = step.fate.no_payload_detection,
                                            .deadline = deadline_,
                                            .only_transactions = step.only_transactions,
                                            .told = told_before(),
                                            .flow_ends = step.packet.origin == PacketOrigin::flow_timeout});
  step.variables = &found.packet_variables;
  return found;
}

void Pipeline::drop_flow(Flow& flow) {
  flow.dropped = flow.dropped_by_hand = true;
  if (flow.state == FlowState::bypassed) flows_.set_state(flow, FlowState::established);
}

Counters Pipeline::counters() const {
  Counters counters = counters_;
  decoder_.count(counters);
  counters.flow_emerg_mode_entered += flows_.stats().emergencies;
  counters.flow_emerg_mode_over += flows_.stats().recoveries;
  return counters;
}

PipelineMemory Pipeline::memory() const {
  return {.flows = flows_.memory_bytes() + ended_.memory_bytes(),
          .stream_sessions = stream_memory_.sessions_used,
          .stream_data = stream_memory_.used,
          .defrag = decoder_.defrag_memory_bytes()};
}

// Most packets have none: for them nothing is gathered.
bool Pipeline::has_anomalies(const Step& step) {
  return !step.packet.faults.empty() || (step.stream_events != nullptr && !step.stream_events->empty()) ||
         (step.flow != nullptr && step.flow->app != nullptr && !step.flow->app->events.empty());
}

void Pipeline::write_events(Step& step, const DetectResult& found) {
  enter(step, Stage::output);
  if (!found.tells_nothing()) write_alerts(step, found);
  if (found.tagged) log_.tagged_packet(facts_of(step));
  if (step.rounds == 0 && has_anomalies(step)) log_.anomalies(facts_of(step), step.stream_events);
  if (step.packet.has_arp) log_.arp(facts_of(step));
  if (!is_paused(step.flow)) count_verdict(step);
  if (!setup_.inline_mode || step.fate.verdict == Verdict::accept || step.drop_logged) return;
  if (recorder_ && step.flow != nullptr && found.actions.blocker != nullptr)
    step.flow->meter->note_verdict(found.actions.blocker->meta.sid);
  step.drop_logged = true;
  log_.drop(facts_of(step), found, step.fate);
}

// No rule looks at them: they are not to be kept for one.
void Pipeline::let_go_of_bodies(Flow& flow) {
  if (flow.app == nullptr || flow.app->parser == nullptr || !flow.app->parsed_now) return;
  const TransactionList& list = flow.app->parser->transactions();
  for (Transaction* tx = list.first(); tx != nullptr; tx = TransactionList::next(*tx))
    for (const Direction d : {Direction::to_server, Direction::to_client}) tx->after_detection(d);
}

// Writes what is due of the flow's transactions, tells those that detection has looked at them, and lets go
// of those that are complete, written and inspected in both directions.
void Pipeline::settle_transactions(Step& step) {
  enter(step, Stage::output);
  if (detect_) detect_->let_go();
  if (step.flow == nullptr) return;
  class User final : public TransactionUser {
   public:
    User(Pipeline& pipeline, const Detect* detect, const PacketFacts& facts)
        : pipeline_(pipeline),
          detect_(detect),
          facts_(facts),
          first_of_frames_(first_transaction_of_frames(*facts.flow)) {}
    [[nodiscard]] bool has_inspected(const Transaction& tx, Direction d) const override {
      return tx.id < first_of_frames_ && (detect_ == nullptr || detect_->finished(tx, d));
    }
    Written write(const DueTransaction& due) override {
      if (facts_.flow->is_other_reading) return Written::everything;
      if (due.tx.is_identifying() && facts_.flow->meter != nullptr) pipeline_.identify(*facts_.flow, due.tx);
      return pipeline_.log_.transaction(facts_, due);
    }

   private:
    Pipeline& pipeline_;
    const Detect* detect_;  // null: nothing inspects them
    const PacketFacts& facts_;
    std::uint64_t first_of_frames_;  // alerts on frames show their transaction
  };
  const bool inspects = detect_ && !step.flow->passed && !step.flow->dropped;
  if (!inspects || step.flow->no_packet_inspection) let_go_of_bodies(*step.flow);
  const PacketFacts facts = facts_of(step);
  User user(*this, inspects ? &*detect_ : nullptr, facts);
  engine::settle_transactions(*step.flow, step.last_of_flow, user);
}

bool Pipeline::is_paused(const Flow* flow) {
  return flow != nullptr && flow->app != nullptr && flow->app->paused && !flow->dropped_by_policy;
}

}  // namespace weir::engine
