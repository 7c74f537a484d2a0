#include "engine/detect/detect.h"

#include <algorithm>
#include <new>
#include <utility>

#include <hs.h>

#include "decoders/app/protocol_ids.h"
#include "engine/detect/detect_impl.h"
#include "engine/flow/app_state.h"

namespace weir::engine {
namespace {

std::shared_ptr<hs_scratch> clone_scratch(const rules::RuleSet::Program& program) {
  if (program.scratch_prototype == nullptr) return nullptr;
  hs_scratch_t* scratch = nullptr;
  if (hs_clone_scratch(program.scratch_prototype.get(), &scratch) != HS_SUCCESS) throw std::bad_alloc();
  return {scratch, [](hs_scratch_t* s) { hs_free_scratch(s); }};
}

bool flow_admits(const rules::FlowRequirement& want, const rules::PacketContext& ctx, bool has_stream,
                 bool has_fragment) {
  if (want.to_server && ctx.direction != Direction::to_server) return false;
  if (want.to_client && ctx.direction != Direction::to_client) return false;
  if ((want.to_server || want.to_client || want.established || want.not_established) && ctx.flow == nullptr) return false;
  // What a stream took is of a connection: with fast open before the handshake is done.
  if (want.established && !ctx.flow->established && !has_stream) return false;
  if (want.not_established && ctx.flow->established) return false;
  if (want.no_frag && has_fragment) return false;
  return !want.only_frag || has_fragment;
}

bool sides_match(const rules::HeaderMatch& h, const IpAddress& from, std::uint16_t from_port, const IpAddress& to,
                 std::uint16_t to_port) {
  return h.source_ports->contains(from_port) && h.destination_ports->contains(to_port) && h.source->contains(from) &&
         h.destination->contains(to);
}

}  // namespace

Detect::Impl::Impl(std::shared_ptr<const rules::RuleSet> rule_set, const DetectSettings& detect_settings,
                   rules::SharedState& shared_state)
    : rules(rule_set != nullptr ? std::move(rule_set)
                                : rules::RuleSet::build({}, rules::RuleEnvironment{}, {})),
      program(&rules->program()),
      settings(detect_settings),
      shared(shared_state),
      scratch(clone_scratch(*program)),
      candidates(program->rules.size()),
      buffers(program->buffers.size(), chain_scratch.pcre),
      profile(settings.profile_rules ? std::make_unique<RuleProfile>(program->rules.size()) : nullptr) {
  chain_scratch.turn = settings.turn;
}

Detect::Detect(std::shared_ptr<const rules::RuleSet> rules, const DetectSettings& settings, rules::SharedState& shared)
    : impl_(std::make_unique<Impl>(std::move(rules), settings, shared)) {}
Detect::~Detect() = default;

const RuleProfile* Detect::profile() const {
  return impl_->profile.get();
}

void Detect::replace_rules(std::shared_ptr<const rules::RuleSet> rules) {
  impl_ = std::make_unique<Impl>(std::move(rules), impl_->settings, impl_->shared);
}

const DetectResult& Detect::run(const DetectInput& in) {
  Impl& d = *impl_;
  d.begin(in);
  if (d.program->rules.empty() || (in.flow != nullptr && (in.flow->passed || in.flow->dropped))) {
    if (d.due_chunk())
      d.chunk_looked_at = &in.flow->tcp->stream(in.direction);  // nobody will: it is not kept
    return d.result;
  }
  d.stream_chunk = d.due_chunk();
  if (!in.only_transactions) {
    if (!in.flow_ends) d.run_ip_only();
    d.run_proto_only();
    d.run_packet();
    if (d.is_late_protocol()) d.run_late_protocol();
  }
  // What a stream has handed on is of an established connection, too.
  d.flow_facts.established |= d.flow_facts.has_tcp_session;
  if (in.flow != nullptr && has_frames(in.flow->app.get(), in.direction)) d.run_frames();
  d.run_transactions();
  d.result.pcre_limits = d.chain_scratch.pcre.limit_hits;
  d.result.chain_limits = d.chain_scratch.fuel_exhausted;
  d.finish();
  if (d.has_tags()) d.follow_tags();
  return d.result;
}

void Detect::let_go() {
  Flow* const flow = impl_->looked_at;
  impl_->looked_at = nullptr;
  if (flow == nullptr) return;
  const Direction d = impl_->looked_at_direction;
  const bool goes_on = flow->app != nullptr && flow->app->paused.has_value();
  if (impl_->chunk_looked_at != nullptr && !goes_on)
    std::exchange(impl_->chunk_looked_at, nullptr)->mark_raw_inspected();
  if (flow->app == nullptr || flow->app->parser == nullptr) return;
  const TransactionList& list = flow->app->parser->transactions();
  Transaction* tx = list.first_from(flow->detect ? flow->detect->first_open[index(d)] : 0);
  for (; tx != nullptr; tx = TransactionList::next(*tx)) tx->after_detection(d);
}

bool Detect::finished(const Transaction& tx, Direction direction) const {
  const auto& tx_rules =
      impl_->program->transactions[static_cast<std::size_t>(tx.protocol())][index(direction)];
  if (tx.only_direction && *tx.only_direction != direction) return true;
  if (tx.detection == nullptr) return tx_rules.empty();
  const auto& memory = static_cast<const TxDetect&>(*tx.detection);
  const bool done = memory.sides[index(direction)].done;
  if (done || !tx_rules.empty()) return done;
  if (memory.files == nullptr) return true;
  const auto& storing = memory.files->storing;
  return std::none_of(storing.begin(), storing.end(),
                      [&](const auto& s) { return s.direction == direction; });
}

void Detect::Impl::begin(const DetectInput& input) {
  in = &input;
  looked_at = input.flow;
  looked_at_direction = input.direction;
  chain_scratch.flow_vars = input.flow != nullptr ? &input.flow->vars : nullptr;
  result.alerts.clear();
  result.actions = {};
  result.replacements.clear();
  if (left_marks) forget_marks();
  if (chain_scratch.captured.size() != 0) chain_scratch.captured.clear();
  chain_scratch.replacements.clear();
  result.overflow = result.pcre_limits = result.chain_limits = result.not_followed = 0;
  chain_scratch.pcre.limit_hits = chain_scratch.fuel_exhausted = 0;
  queue.clear();
  stream_chunk.reset();
  Flow* flow = input.flow;
  if (!input.only_transactions) {
    alerts_kept = 0;
    chunk_looked_at = nullptr;
  }
  if (flow != nullptr) {
    flow_facts.established = input.established;
    flow_facts.has_tcp_session = flow->tcp != nullptr;
    flow_facts.packets = flow->packets;
    flow_facts.bytes = flow->bytes;
    flow_facts.start = flow->start;
    flow_facts.last = flow->last;
    flow_facts.vars = &flow->vars;
    flow_facts.protocol = flow->app ? flow->app->protocol : AppProto::unknown;
    flow_facts.protocol_by_direction = {AppProto::unknown, AppProto::unknown};
    if (flow->app) flow_facts.protocol_by_direction = flow->app->by_direction;
    flow_facts.original_protocol = flow->app ? flow->app->original : AppProto::unknown;
    flow_facts.stream_bytes = {0, 0};
    if (flow->tcp != nullptr) {
      for (std::size_t d = 0; d < 2; ++d)
        flow_facts.stream_bytes[d] = flow->tcp->stream(static_cast<Direction>(d)).bytes_seen();
    }
    if (flow->detect == nullptr || flow->detect->generation != program->lineage.generation()) meet(*flow);
  }
  context.emplace(rules::PacketContext{.packet = input.packet,
                                       .direction = input.direction,
                                       .flow = flow != nullptr ? &flow_facts : nullptr,
                                       .stream_added = input.segment != nullptr && input.segment->payload_added,
                                       .app_events = flow != nullptr && flow->app ? &flow->app->events : nullptr,
                                       .stream_events = input.stream_events,
                                       .shared = &shared,
                                       .turn = settings.turn});
}

bool Detect::Impl::has_bits(const rules::Signature& s) const {
  return std::all_of(s.requires_bits.begin(), s.requires_bits.end(),
                     [&](std::uint32_t bit) { return in->flow != nullptr && in->flow->vars.bit(bit); });
}

bool Detect::Impl::header_fits(const CompiledRule& rule, const Transaction* tx) const {
  const rules::Signature& s = *rule.signature;
  const rules::HeaderMatch& h = s.header;
  const Packet& p = in->packet;
  if (h.ip_version != 0 && h.ip_version != p.ip.version) return false;
  if (p.ip.version == 0 && !h.packet_header) return false;
  if (!h.any_ip_protocol && !h.ip_protocols[p.ip.protocol]) return false;
  if (s.hook && s.hook->flow_start && (in->flow == nullptr || in->flow->packets[0] + in->flow->packets[1] != 1)) return false;
  const bool has_fragment = p.ip.is_fragment || p.origin == PacketOrigin::defragmented;
  if (!flow_admits(s.flow, *context, context->stream_added || stream_chunk, has_fragment)) return false;
  const bool named = !rule.checks_app || (context->flow != nullptr && h.names(context->flow->protocol)) ||
                     (tx != nullptr && h.names(tx->protocol()));
  if (!named) return false;
  const bool wants_sides = rule.checks_ports || rule.checks_addresses;
  return !wants_sides || sides_match(h, p.ip.source, p.source_port, p.ip.destination, p.destination_port) ||
         (h.bidirectional &&
          sides_match(h, p.ip.destination, p.destination_port, p.ip.source, p.source_port));
}

bool Detect::Impl::header_matches(const CompiledRule& rule, const Transaction* tx) const {
  const rules::Signature& s = *rule.signature;
  if (!has_bits(s) || !header_fits(rule, tx)) return false;
  return std::all_of(s.packet_checks.begin(), s.packet_checks.end(),
                     [&](const auto& check) { return check->matches(*context); });
}

// What a rule that looks at no transaction may well have matched on: for a datagram the first open transaction of a
// protocol that the rule names; else, on request, the only open one, but not for ever.
Detect::Impl::GuessedTx Detect::Impl::guess_transaction(const CompiledRule& rule) const {
  const bool of_datagram = in->packet.has_udp && rule.checks_app;
  if (!of_datagram && settings.guess_limit == 0) return {};
  if (in->flow == nullptr || in->flow->app == nullptr || in->flow->app->parser == nullptr) return {};
  const TransactionList& list = in->flow->app->parser->transactions();
  Transaction* const tx = list.first_from(in->flow->detect->first_open[index(in->direction)]);
  if (tx == nullptr || of_datagram) return {tx, false};
  if (list.next_id() - tx->id != 1 || tx->guessed >= settings.guess_limit) return {};
  ++tx->guessed;
  return {tx, true};
}

void Detect::Impl::match(RuleId id, const Transaction* tx, bool from_stream, const FrameLook& frame,
                         std::uint32_t first_file) {
  const CompiledRule& rule = program->rules[id];
  const rules::Signature& s = *rule.signature;
  const GuessedTx guess = tx == nullptr ? guess_transaction(rule) : GuessedTx{tx, false};
  if (!s.effects.empty()) {
    context->transaction = tx != nullptr ? tx->detection.get() : nullptr;
    for (const auto& effect : s.effects) effect->apply(*context);
  }
  // In the order of rules from the start; sorting them in the end, stably, would take memory.
  const auto at = std::upper_bound(queue.begin(), queue.end(), id,
                                   [](RuleId added, const Queued& other) { return added < other.rule; });
  const auto first_variable = static_cast<std::uint32_t>(result.alert_variables.size());
  if (chain_scratch.captured.size() != 0) keep_captures();
  const auto variables = static_cast<std::uint32_t>(result.alert_variables.size()) - first_variable;
  queue.insert(at, {id, guess.tx, guess.guessed, from_stream, frame, first_variable, variables, first_file});
  result.actions.bypass = result.actions.bypass || s.bypass;
  if (s.filestore) want_files(id, tx);
  if (s.logging_off) leave_unlogged(*s.logging_off, guess.tx);
  if (settings.inline_mode)
    result.replacements.insert(result.replacements.end(), chain_scratch.replacements.begin(),
                               chain_scratch.replacements.end());
  if (profile != nullptr) profile->count_match(id);
}

// Asks the thresholds, notes what the actions come to. Behind a pass rule nothing counts any more.
void Detect::Impl::finish() {
  if (queue.empty()) return;
  for (const Queued& q : queue) {
    const CompiledRule& rule = program->rules[q.rule];
    const rules::Signature& s = *rule.signature;
    const bool silent = s.noalert && s.action == rules::Action::alert;  // its effects are all there is to it
    const bool told = std::find(in->told.begin(), in->told.end(), s.meta.number()) != in->told.end();
    if (told && s.has_thresholds()) continue;
    Alert alert{.signature = &s,
                .action = s.action,
                .tx = q.tx,
                .tx_guessed = q.tx_guessed,
                .frame = q.frame,
                .from_stream = q.from_stream,
                .first_variable = q.first_variable,
                .variables = q.variables,
                .first_file = q.first_file};
    const bool acts = silent || !s.has_thresholds() || ask_thresholds(s, alert);
    if (acts && !s.tags.empty()) {
      tagging.push_back(q.rule);
      left_marks = true;
    }
    if (silent) continue;
    note_action(alert, rule.for_flow || q.from_stream);
    const bool passes = alert.action == rules::Action::pass;
    const bool written = !s.noalert && !told && (!passes || s.alert_requested);
    if (written && (alert.suppressed || alerts_kept < settings.packet_alert_max)) {
      alerts_kept += alert.suppressed ? 0 : 1;
      result.alerts.push_back(alert);
    } else if (written) {
      ++result.overflow;
    }
    if (passes) return;
  }
}

// The first action that concerns the flow is the one that it gets.
void Detect::Impl::note_action(const Alert& alert, bool for_flow) {
  RuleActions& all = result.actions;
  using OnFlow = RuleActions::OnFlow;
  const auto on_flow = [&](OnFlow action) {
    if (for_flow && all.on_flow == OnFlow::nothing) all.on_flow = action;
  };
  switch (alert.action) {
    case rules::Action::alert:
    case rules::Action::config: return;
    case rules::Action::pass:
      all.passes = true;
      return on_flow(OnFlow::pass);
    case rules::Action::drop: break;
    case rules::Action::reject: all.answer(RejectTarget::source); break;
    case rules::Action::reject_dst: all.answer(RejectTarget::destination); break;
    case rules::Action::reject_both: all.answer(RejectTarget::both); break;
  }
  if (all.blocker == nullptr) {
    all.blocker = alert.signature;
    all.blocking_tx = alert.tx;
    all.rate_filtered = alert.rate_filtered;
  }
  on_flow(OnFlow::drop);
}

// False: nothing happens but the match.
bool Detect::Impl::ask_thresholds(const rules::Signature& s, Alert& alert) {
  // Nothing but the alert's own line depends on the answer.
  const bool only_logged =
      (s.action == rules::Action::alert || (s.action == rules::Action::drop && !settings.inline_mode)) && !s.rate_filter &&
      s.tags.empty();
  if (settings.defer_thresholds && only_logged) {
    alert.deferred = true;
    return true;
  }
  const Packet& p = in->packet;
  const std::uint64_t flow_id = in->flow != nullptr ? in->flow->id : 0;
  rules::await_turn(settings.turn);
  const auto use = only_logged ? rules::ThresholdUse::line : rules::ThresholdUse::verdict;
  const auto decision = shared.decide(s, {p.ip.source, p.ip.destination, flow_id}, p.raw.time, use);
  alert.suppressed = !decision.alert || !decision.act;
  if (!decision.act) alert.action = rules::Action::alert;
  if (decision.replacement) {
    alert.action = *decision.replacement;
    alert.rate_filtered = true;
  }
  return decision.act;
}

}  // namespace weir::engine
