// What the pipeline decides about packets and flows: exception policies, rules' actions, bypass, rewriting.
#include "engine/pipeline/packet_rewrite.h"
#include "engine/pipeline/pipeline.h"

namespace weir::engine {

// A flow whose fate is settled is looked at no more: bypassed ones are counted, dropped ones are dropped.
bool Pipeline::is_settled(Step& step) {
  Flow* const flow = step.flow;
  if (flow == nullptr) return false;
  const bool drops = flow->dropped && setup_.inline_mode;
  if (drops)
    step.fate.drop(flow->dropped_by_hand     ? DropReason::drop_flow
                   : flow->dropped_by_policy ? DropReason::exception_flow_drop
                                             : DropReason::flow_drop);
  if (flow->state == FlowState::bypassed) {
    ++counters_.flow_bypassed_pkts;
    counters_.flow_bypassed_bytes += step.packet.frame.size();
    count_verdict(step);
    return true;
  }
  if (!drops) return false;
  count_verdict(step);
  log_.drop(facts_of(step), nothing_, step.fate);
  return true;
}

void Pipeline::apply_policy(Step& step, ExceptionTarget target) {
  Flow* const flow = step.flow;
  PacketFate& fate = step.fate;
  const ExceptionPolicy policy = setup_.policies.of(target);
  if (flow != nullptr) flow->exceptions |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(target));
  if (policy == ExceptionPolicy::ignore) return;
  ++counters_.exceptions[static_cast<std::size_t>(target)];
  fate.no_detection = true;
  switch (policy) {
    case ExceptionPolicy::ignore:
    case ExceptionPolicy::pass_packet: return;
    case ExceptionPolicy::bypass: step.bypass = true; [[fallthrough]];
    case ExceptionPolicy::pass_flow:
      if (flow != nullptr) pass_flow(*flow);
      return;
    case ExceptionPolicy::reject: fate.reject_to(RejectTarget::source, drop_reason(target)); break;
    case ExceptionPolicy::reject_both: fate.reject_to(RejectTarget::both, drop_reason(target)); break;
    case ExceptionPolicy::drop_packet: return fate.drop(drop_reason(target));
    case ExceptionPolicy::drop_flow: fate.drop(drop_reason(target)); break;
  }
  if (flow != nullptr) flow->dropped = flow->dropped_by_policy = true;
}

// What the stream engine has to say of the packet, before anything of it is parsed.
void Pipeline::judge_segment(Step& step) {
  const SegmentResult& segment = *step.segment;
  if (segment.midstream) apply_policy(step, ExceptionTarget::stream_midstream);
  if (segment.refused) apply_policy(step, ExceptionTarget::stream_reassembly);
  if (setup_.streams.bypass && step.flow->tcp->followed() && depth_reached(*step.flow)) step.bypass = true;
  if (!setup_.streams.inline_mode) return;
  // As many as its sender likes: what is not remembered must not arrive. It comes again when there is room.
  if (segment.at_limit) step.fate.drop(DropReason::stream_reassembly);
  if (segment.urgent_drop) step.fate.drop(DropReason::stream_urgent);
  const bool may_lack_packets = step.flow->start <= missed_until_ || step.flow->may_lack_packets;
  if (segment.invalid && setup_.streams.drop_invalid && !may_lack_packets) {
    step.fate.drop(DropReason::stream_error);
    step.fate.no_payload_detection = true;
  }
  if (segment.payload_differs)
    finish_rewriting(
        step, step.is_frame && rewrite_payload(step.packet, step.flow->tcp->replacement(), rewritten_));
  if (segment.urgent_is_data)
    finish_rewriting(step, step.is_frame && rewrite_without_urgent(step.packet, rewritten_));
}

bool Pipeline::depth_reached(const Flow& flow) {
  return flow.tcp->stream(Direction::to_server).depth_reached() ||
         flow.tcp->stream(Direction::to_client).depth_reached();
}

// What cannot be made to say what was looked at must not go on.
void Pipeline::finish_rewriting(Step& step, bool done) const {
  if (done)
    step.fate.replaced = true;
  else if (setup_.inline_mode)
    step.fate.drop(DropReason::stream_error);
}

void Pipeline::pass_flow(Flow& flow) {
  if (flow.dropped || flow.passed) return;  // the first decision stands
  flow.passed = flow.no_packet_inspection = true;
}

void Pipeline::decide(Step& step, const DetectResult& found) {
  const RuleActions& actions = found.actions;
  Flow* const flow = step.flow;
  step.fate.passed = step.fate.passed || actions.passes;
  step.bypass = step.bypass || actions.bypass;
  if (flow != nullptr && actions.on_flow == RuleActions::OnFlow::pass) pass_flow(*flow);
  if (flow != nullptr && actions.on_flow == RuleActions::OnFlow::drop && !flow->passed) flow->dropped = true;
  if (actions.blocker == nullptr) return;
  const DropReason reason = actions.rate_filtered ? DropReason::rules_threshold : DropReason::rules;
  if (actions.reject != RejectTarget::none)
    step.fate.reject_to(actions.reject, reason);
  else if (setup_.inline_mode)
    step.fate.drop(reason);
}

void Pipeline::replace_contents(Step& step, const DetectResult& found) {
  if (found.replacements.empty() || step.fate.verdict != Verdict::accept) return;
  Packet& packet = step.packet;
  if (!step.replaces) replaced_payload_.assign(packet.payload.begin(), packet.payload.end());
  step.replaces = true;
  for (const rules::Replacement& r : found.replacements)
    if (r.offset <= replaced_payload_.size() && r.bytes.size() <= replaced_payload_.size() - r.offset)
      std::copy(r.bytes.begin(), r.bytes.end(),
                replaced_payload_.begin() + static_cast<std::ptrdiff_t>(r.offset));
  if (step.is_frame && rewrite_payload(packet, replaced_payload_, rewritten_)) step.fate.replaced = true;
}

void Pipeline::count_verdict(Step& step) {
  if (!setup_.inline_mode || step.counted) return;
  step.counted = true;
  switch (step.fate.verdict) {
    case Verdict::reject: ++counters_.ips_rejected; break;
    case Verdict::drop: ++counters_.ips_blocked; break;
    case Verdict::accept: ++(step.fate.replaced ? counters_.ips_replaced : counters_.ips_accepted); break;
  }
  ++counters_.drop_reasons[static_cast<std::size_t>(step.fate.reason)];
}

// It was to go on, and does not.
void Pipeline::take_back_verdict(Step& step) {
  if (!step.counted) return;
  step.counted = false;
  --(step.fate.replaced ? counters_.ips_replaced : counters_.ips_accepted);
  --counters_.drop_reasons[static_cast<std::size_t>(DropReason::none)];
}

// What goes on says the same to every host. A segment that its receiver may not take stays what it is: it must not
// become one that is taken, and was not inspected.
void Pipeline::normalise(Step& step) try {
  if (outcome_.verdict != Verdict::accept) return;
  const bool taken = step.segment != nullptr && !step.segment->invalid && !step.segment->doubtful;
  if (!normaliser_.normalise(step.packet, taken, decoder_.verifies_checksums(), rewritten_)) return;
  outcome_.frame = step.packet.frame;
  outcome_.replaced = true;
} catch (const std::bad_alloc&) {
  run_out_of_memory_behind_verdict(step);
}

// A flow that is dropped or bypassed needs nothing of what was kept to look at it.
void Pipeline::let_go_of_flow(Step& step) {
  Flow* const flow = step.flow;
  if (flow == nullptr) return;
  if (flow->passed || flow->dropped) disable_raw(*flow);
  const bool bypass = step.bypass || (flow->app != nullptr && flow->app->bypassed);
  if (bypass) flows_.set_state(*flow, FlowState::bypassed);
  if (!bypass && !(flow->dropped && setup_.inline_mode)) return;
  if (flow->tcp != nullptr)
    for (const Direction d : {Direction::to_server, Direction::to_client})
      flow->tcp->stream(d).disable_reassembly();
  if (flow->app == nullptr || flow->app->parser == nullptr) return;
  flow->app->change_pending = false;
  if (bypass) return flow->app->parser.reset();
  flow->app->parser->transactions().clear();
}

}  // namespace weir::engine
