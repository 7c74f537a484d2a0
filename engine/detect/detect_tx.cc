// Detection on the transactions of a flow: prefilters when a buffer is there, full checks, and what waits for more.
#include <algorithm>

#include "decoders/app/protocol.h"
#include "engine/detect/detect_impl.h"
#include "engine/flow/app_state.h"

namespace weir::engine {

void BufferCache::clear() {
  arena_.reset();
  if (++epoch_ != 0) return;
  for (Entry& e : entries_) e.epoch = 0;
  epoch_ = 1;
}

void BufferCache::transform(const rules::InspectBuffer& buffer, BodyView& view) {
  for (const auto& t : buffer.transforms) {
    std::string& out = arena_.next();
    t->apply(view.data, out, scratch_);
    view.data = {reinterpret_cast<const std::uint8_t*>(out.data()), out.size()};
  }
}

std::span<const BodyView> BufferCache::of_transaction(const rules::RuleSet::Program& program, rules::BufferId id,
                                                      const rules::BufferSource& source, const Transaction& tx,
                                                      Direction d) {
  Entry& e = entries_[id];
  if (e.epoch == epoch_) return e.values;
  e.epoch = epoch_;
  e.values.clear();
  const rules::InspectBuffer& buffer = program.buffers[id];
  const std::uint32_t instances = buffer.spec->multiple ? kMaxBufferInstances : 1;
  for (std::uint32_t i = 0; i < instances; ++i) {
    auto view = source.get({tx, d, i, arena_});
    if (!view) break;
    transform(buffer, *view);
    e.values.push_back(*view);
  }
  return e.values;
}

std::span<const BodyView> BufferCache::of_packet(const rules::RuleSet::Program& program, rules::BufferId id,
                                                 const Packet& packet) {
  Entry& e = entries_[id];
  if (e.epoch == epoch_) return e.values;
  e.epoch = epoch_;
  e.values.clear();
  const rules::InspectBuffer& buffer = program.buffers[id];
  if (const auto bytes = buffer.spec->packet(packet)) {
    BodyView view{*bytes, 0, true};
    transform(buffer, view);
    e.values.push_back(view);
  }
  return e.values;
}

void Detect::Impl::run_transactions() {
  if (in->flow == nullptr || in->flow->app == nullptr || in->flow->app->parser == nullptr) return;
  const TransactionList& list = in->flow->app->parser->transactions();
  std::uint64_t& first_open = in->flow->detect->first_open[index(in->direction)];
  Transaction* tx = list.first_from(first_open);
  first_open = list.next_id();
  for (; tx != nullptr; tx = TransactionList::next(*tx))
    if (!look_through(*tx)) first_open = std::min(first_open, tx->id);
}

// True when nothing of it is left to be looked at in this direction.
bool Detect::Impl::look_through(Transaction& tx) {
  if (tx.only_direction && *tx.only_direction != in->direction) return true;
  const rules::TxRules& tx_rules =
      program->transactions[static_cast<std::size_t>(tx.protocol())][index(in->direction)];
  const bool complete = tx.complete(protocol_info(tx.protocol()).complete(in->direction), in->direction);
  if (tx_rules.empty()) {
    if (tx.detection == nullptr) return complete;
    auto& memory = static_cast<TxDetect&>(*tx.detection);
    if (memory.files != nullptr) want_later_files(*memory.files, tx);  // for a rule of the other side
    return memory.sides[index(in->direction)].done = complete || in->flow_ends;
  }
  run_transaction(tx, tx_rules, complete);
  return static_cast<TxDetect&>(*tx.detection).sides[index(in->direction)].done;
}

void Detect::Impl::gather_tx_candidates(const Transaction& tx, const rules::TxRules& tx_rules, TxDetect::Side& side) {
  const std::uint8_t progress = tx.progress[index(in->direction)];
  for (std::size_t i = 0; i < tx_rules.prefilters.size(); ++i) {
    const rules::TxPrefilter& prefilter = tx_rules.prefilters[i];
    if (prefilter.progress > progress) break;
    if (side.scanned[i]) continue;
    const rules::BufferSource& source = *tx_rules.sources[prefilter.buffer];
    bool complete = !prefilter.streamed;
    for (const BodyView& v : buffers.of_transaction(*program, prefilter.buffer, source, tx, in->direction)) {
      prefilter.patterns.scan(v.data, v.offset, scratch.get(), candidates);
      complete = complete || (v.complete && !program->buffers[prefilter.buffer].spec->multiple);
    }
    side.scanned[i] = complete;
  }
}

void Detect::Impl::run_transaction(Transaction& tx, const rules::TxRules& tx_rules, bool complete) {
  if (tx.detection == nullptr) tx.detection = std::make_unique<TxDetect>();
  auto& memory = static_cast<TxDetect&>(*tx.detection);
  TxDetect::Side& side = memory.sides[index(in->direction)];
  if (side.done) return;
  if (memory.files != nullptr) {
    want_later_files(*memory.files, tx);
    match_later_files(*memory.files, tx);
  }
  const std::uint8_t progress = tx.progress[index(in->direction)];
  const bool news = !side.started || progress != side.progress || tx.events.size() != side.events;
  if (!side.started) side.scanned.assign(tx_rules.prefilters.size(), false);
  side.started = true;
  side.progress = progress;
  side.events = tx.events.size();

  candidates.clear();
  buffers.clear();
  gather_tx_candidates(tx, tx_rules, side);
  if (news)
    for (const RuleId id : tx_rules.always) candidates.add(id);
  for (const PendingRule& waiting : side.pending) candidates.add(waiting.rule);

  const auto old = std::move(side.pending);
  side.pending.clear();
  auto waiting = old.begin();
  for (const RuleId id : candidates.sorted()) {
    while (waiting != old.end() && waiting->rule < id) ++waiting;
    const bool waited = waiting != old.end() && waiting->rule == id;
    if (out_of_time()) {  // the policy for that says what becomes of the packet; others may still be looked at
      if (waited) keep_waiting(side, *waiting);
      continue;
    }
    if (!side.alerted.empty() && has_alerted(side, program->lineage.serial(id))) continue;
    const RuleCheckScope check(profile.get(), id);
    PendingRule state = waited ? *waiting : PendingRule{.rule = id};
    TxVerdict verdict = rule_verdict(tx, tx_rules, state, complete);
    if (verdict == TxVerdict::match && program->rules[id].signature->header.transactional &&
        !other_side_met(memory, program->rules[id], state))
      verdict = TxVerdict::no;  // this side has said all it can
    if (verdict == TxVerdict::match) {
      side.alerted.push_back(program->lineage.serial(id));
      match(id, &tx, false);
      if (tx.files(in->direction) != nullptr) expect_files(memory, id, tx);
    } else if (verdict == TxVerdict::wait) {
      keep_waiting(side, state);
    }
  }
  side.done = complete || in->flow_ends;
}

// Its literals have been found, which happens once; what the rest of the message changes at the flow would have been there in time
// had it come in the same packet.
Detect::Impl::TxVerdict Detect::Impl::header_verdict(const CompiledRule& rule, const Transaction& tx,
                                                     PendingRule::WaitsFor lacked, bool complete) const {
  const bool of_packet = lacked != PendingRule::WaitsFor::flow;
  bool waits = !has_bits(*rule.signature);
  if (waits && (complete || !of_packet)) return complete ? TxVerdict::no : TxVerdict::wait;
  if (of_packet && !header_fits(rule, &tx)) return TxVerdict::no;
  for (const auto& check : rule.signature->packet_checks) {
    if (!of_packet && !check->may_yet_match()) continue;
    if (check->matches(*context)) continue;
    if (complete || !settings.inline_mode || !check->may_yet_match()) return TxVerdict::no;
    waits = true;
  }
  return waits ? TxVerdict::wait : TxVerdict::match;
}

// Until something of it has matched, a rule that waits for more of the message is a rule like any other.
Detect::Impl::TxVerdict Detect::Impl::rule_verdict(const Transaction& tx, const rules::TxRules& tx_rules,
                                                   PendingRule& state, bool complete) {
  const CompiledRule& rule = program->rules[state.rule];
  if (state.engines_met == 0 && !state.payload_met) {
    const bool waited = state.waits_for != PendingRule::WaitsFor::nothing;
    const TxVerdict header = header_verdict(rule, tx, state.waits_for, complete);
    if (header == TxVerdict::wait) state.waits_for = PendingRule::WaitsFor::flow;
    if (header != TxVerdict::match)
      return !complete && (waited || header == TxVerdict::wait) ? TxVerdict::wait : TxVerdict::no;
  }
  return evaluate(tx, tx_rules, state, complete || in->flow_ends);
}

void Detect::Impl::keep_waiting(TxDetect::Side& side, PendingRule state) {
  if (side.pending.size() >= kMaxPendingRules) {
    ++result.not_followed;
    return;
  }
  if (state.waits_for == PendingRule::WaitsFor::nothing) state.waits_for = PendingRule::WaitsFor::message;
  state.serial = program->lineage.serial(state.rule);
  side.pending.push_back(state);
}

bool Detect::Impl::has_alerted(const TxDetect::Side& side, rules::RuleSerial serial) {
  return std::find(side.alerted.begin(), side.alerted.end(), serial) != side.alerted.end();
}

// Adds what this side met to what the other one did; true when nothing is missing.
bool Detect::Impl::other_side_met(TxDetect& memory, const CompiledRule& rule, const PendingRule& state) {
  auto& list = memory.both_sides;
  auto found = std::find_if(list.begin(), list.end(), [&](const PendingRule& p) { return p.rule == state.rule; });
  if (found == list.end()) {
    if (list.size() >= kMaxPendingRules) {
      ++result.not_followed;
      return false;
    }
    found = list.insert(list.end(), PendingRule{.rule = state.rule, .serial = program->lineage.serial(state.rule)});
  }
  found->engines_met |= state.engines_met;
  const std::size_t engines = std::min<std::size_t>(rule.engines.size(), 64);
  const std::uint64_t all = engines == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << engines) - 1;
  return found->engines_met == all;
}

Detect::Impl::TxVerdict Detect::Impl::engine_verdict(const Transaction& tx, const rules::CompiledEngine& engine,
                                                     const rules::BufferSource& source, bool side_complete) {
  const rules::BufferEngine& rule_engine = *engine.source;
  const std::uint8_t progress = tx.progress[index(in->direction)];
  if (source.progress > progress && !side_complete) return TxVerdict::wait;
  const auto values = buffers.of_transaction(*program, engine.buffer, source, tx, in->direction);
  if (rule_engine.absent && values.empty())
    return side_complete || progress > source.progress ? TxVerdict::match : TxVerdict::wait;
  if (source.progress > progress || (rule_engine.absent && !rule_engine.or_else)) return TxVerdict::no;
  bool more = source.streamed && !side_complete;
  for (const BodyView& v : values) {
    if (engine.chain.matches({v.data, v.offset, v.complete, v.little_endian}, chain_scratch))
      return TxVerdict::match;
    if (v.complete && !program->buffers[engine.buffer].spec->multiple) more = false;
  }
  return more ? TxVerdict::wait : TxVerdict::no;
}

Detect::Impl::TxVerdict Detect::Impl::evaluate(const Transaction& tx, const rules::TxRules& tx_rules,
                                               PendingRule& state, bool side_complete) {
  const CompiledRule& rule = program->rules[state.rule];
  const rules::Signature& s = *rule.signature;
  chain_scratch.begin_rule();
  bool waits = false;
  for (const rules::TxCheckEngine& t : s.tx_checks) {
    const auto& due = in->direction == Direction::to_server ? t.progress_to_server : t.progress_to_client;
    if (!due) continue;  // of a rule about both sides: the other one's
    const bool ready = tx.progress[index(in->direction)] >= *due;
    if (ready && t.check->matches(tx, in->direction)) continue;
    if (side_complete) return TxVerdict::no;
    waits = true;
  }
  for (std::size_t i = 0; i < rule.engines.size(); ++i) {
    const std::uint64_t bit = i < 64 ? std::uint64_t{1} << i : 0;  // beyond: looked at again each time
    const rules::CompiledEngine& engine = rule.engines[i];
    const bool met = (state.engines_met & bit) != 0;
    if (met && !engine.chain.captures()) continue;
    if (tx_rules.sources[engine.buffer] == nullptr) continue;
    if (engine.source->direction && *engine.source->direction != in->direction) continue;
    const TxVerdict v = engine_verdict(tx, engine, *tx_rules.sources[engine.buffer], side_complete);
    if (met) continue;  // it was for what it captures
    if (v == TxVerdict::no) return v;
    if (v == TxVerdict::match)
      state.engines_met |= bit;
    else
      waits = true;
  }
  if (!rule.payload.empty() && !state.payload_met) {
    bool from_stream = false;
    // Inline the stream shows each segment at once, and what the rule looks for in it may have come before its transaction
    // made the rule a candidate.
    const SeenBytes seen = settings.inline_mode ? SeenBytes::count : SeenBytes::were_reported;
    state.payload_met = packet_rule_matches(rule, from_stream, seen);
    if (!state.payload_met && side_complete) return TxVerdict::no;
    waits = waits || !state.payload_met;
  } else if (!packet_buffers_match(rule)) {
    return TxVerdict::no;
  }
  return waits ? TxVerdict::wait : TxVerdict::match;
}

}  // namespace weir::engine
