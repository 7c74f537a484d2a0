#include "rules/set/program_builder.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "decoders/app/protocol_ids.h"
#include "rules/prefilter/pattern_choice.h"
#include "rules/set/evaluation_order.h"
#include "rules/set/frame_groups.h"
#include "rules/set/packet_groups.h"

namespace weir::rules {
namespace {

bool looks_at_start(const BufferChain& chain) {
  return std::any_of(chain.begin(), chain.end(), [](const BufferOp& op) {
    const auto* c = std::get_if<Content>(&op);
    return c != nullptr && (c->has_offset || c->has_depth || c->starts_with);
  });
}

const BufferSource* find_source(const BufferSpec& spec, AppProto protocol, Direction d) {
  for (const BufferSource& s : spec.sources)
    if (s.protocol == protocol && s.direction == d) return &s;
  return nullptr;
}

// Two buffers that show the same bytes at the same time.
bool same_bytes(const BufferSource& a, const BufferSource& b) {
  return a.get == b.get && a.progress == b.progress && a.streamed == b.streamed;
}

// The rule means the buffer on this side, too.
bool is_meant(const BufferEngine& engine, Direction d) {
  return !engine.direction || *engine.direction == d;
}

class Builder {
 public:
  Builder(std::vector<LoadedSignature> signatures, const RuleEnvironment& environment,
          const RuleSet* previous)
      : databases_(previous != nullptr ? std::span(previous->program().databases)
                                       : std::span<const PatternDatabasePtr>{}) {
    sort_by_evaluation(signatures, environment.action_order);
    program_->signatures = std::move(signatures);
    for (const LoadedSignature& s : program_->signatures) {
      program_->requested.files |= s->file_facts;
      for (const Tag& tag : s->tags) program_->tags_hosts = program_->tags_hosts || !tag.session;
    }
    program_->environment = environment.fingerprint();
    program_->texts = environment.texts;
    program_->flowbit_names = environment.flowbits;
    program_->flowint_names = environment.flowints;
    program_->xbit_names = environment.xbits;
    program_->tx_bit_names = environment.tx_bits;
    program_->variable_names = environment.variables;
    program_->datasets = environment.datasets;
  }

  std::unique_ptr<RuleSet::Program> build(const RuleSetOptions& options) {
    for (const auto& s : program_->signatures) compile(*s);
    group_packets(*program_, databases_);
    for (std::size_t p = 0; p < index(AppProto::count_); ++p)
      for (std::size_t d = 0; d < 2; ++d)
        group_transactions(static_cast<AppProto>(p), static_cast<Direction>(d));
    group_frames(*program_, databases_);
    group_ip_only();
    program_->lineage = lineage(options.previous);
    databases_.compile(options.threads, options.cache_dir);
    program_->databases = databases_.all();
    program_->cache_problem = databases_.cache_problem();
    program_->scratch_prototype = databases_.make_scratch();
    return std::move(program_);
  }

 private:
  void compile(const Signature& s);
  static RuleKind kind_of(const Signature& s);
  static bool names_endpoints_only(const Signature& s);
  static bool is_about_flow(const CompiledRule& rule);
  BufferId buffer_id(const BufferEngine& e);
  void group_transactions(AppProto protocol, Direction d);
  [[nodiscard]] bool applies(const CompiledRule& rule, AppProto protocol, Direction d) const;
  void group_ip_only();
  [[nodiscard]] RuleLineage lineage(const RuleSet* previous) const;

  std::unique_ptr<RuleSet::Program> program_ = std::make_unique<RuleSet::Program>();
  std::map<std::pair<const BufferSpec*, std::string>, BufferId> buffer_ids_;
  PatternDatabases databases_;
};

RuleKind Builder::kind_of(const Signature& s) {
  if (!s.tx_checks.empty()) return RuleKind::transaction;
  for (const BufferEngine& e : s.buffers)
    if (e.buffer->packet == nullptr) return e.buffer->frame ? RuleKind::frame : RuleKind::transaction;
  if (!s.payload.empty()) return RuleKind::payload;
  if (!s.buffers.empty() || s.dsize || s.hook || !s.requires_bits.empty()) return RuleKind::header;
  if (!s.packet_checks.empty() && std::all_of(s.packet_checks.begin(), s.packet_checks.end(),
                                              [](const auto& check) { return check->protocol_only(); }))
    return RuleKind::proto_only;
  const bool negation = s.header.source->has_negation() || s.header.destination->has_negation();
  return names_endpoints_only(s) && !negation ? RuleKind::ip_only : RuleKind::header;
}

// Addresses and ports, and nothing else. One with negated addresses is looked at on every packet, though.
bool Builder::names_endpoints_only(const Signature& s) {
  const FlowRequirement& f = s.flow;
  const bool about_flow = f.to_server || f.to_client || f.established || f.not_established || f.stateless ||
                          f.only_stream || f.no_stream || f.no_frag || f.only_frag;
  const HeaderMatch& h = s.header;
  return !about_flow && !h.app_protocols.any() && !h.packet_header && !h.packet_only && !h.stream_only &&
         std::all_of(s.packet_checks.begin(), s.packet_checks.end(),
                     [](const auto& check) { return check->addresses_only(); }) &&
         s.requires_bits.empty() && s.buffers.empty() && !s.dsize && !s.hook;
}

// What its action is about: the packet at hand, or the flow that the match says something of.
bool Builder::is_about_flow(const CompiledRule& rule) {
  const Signature& s = *rule.signature;
  if (rule.kind == RuleKind::payload) return false;
  if (rule.kind != RuleKind::header) return true;
  const bool protocol =
      s.header.app_protocols.any() && !s.payload_needs_packet && !s.dsize && s.buffers.empty();
  return protocol || names_endpoints_only(s);
}

BufferId Builder::buffer_id(const BufferEngine& e) {
  std::string transforms;
  for (const auto& t : e.transforms) transforms.append(t->name()).push_back('\n');
  const auto [it, added] = buffer_ids_.try_emplace({e.buffer, std::move(transforms)},
                                                   static_cast<BufferId>(program_->buffers.size()));
  if (added) program_->buffers.push_back({e.buffer, e.transforms});
  if (added && e.buffer->on_request)
    for (const BufferSource& source : e.buffer->sources)
      program_->requested.buffers.set(static_cast<std::size_t>(source.protocol));
  return it->second;
}

void Builder::compile(const Signature& s) {
  CompiledRule r;
  r.signature = &s;
  r.kind = kind_of(s);
  r.for_flow = is_about_flow(r);
  r.payload = Chain(s.payload);
  const bool packet_only = s.payload_needs_packet || s.header.packet_only || s.flow.no_stream;
  const bool stream_only = s.header.stream_only || s.flow.only_stream;
  r.on_packet = packet_only || (!stream_only && looks_at_start(s.payload));
  r.on_stream = !packet_only;
  r.checks_addresses = !s.header.source->is_any() || !s.header.destination->is_any();
  r.checks_ports = !s.header.source_ports->is_any() || !s.header.destination_ports->is_any();
  r.checks_app = s.header.app_protocols.any();
  for (const BufferEngine& e : s.buffers) {
    CompiledEngine engine{&e, buffer_id(e), Chain(e.chain)};
    (e.buffer->packet != nullptr ? r.packet_buffers : r.engines).push_back(std::move(engine));
  }
  const auto id = static_cast<RuleId>(program_->rules.size());
  for (std::size_t d = 0; d < 2; ++d)
    if (r.kind == RuleKind::proto_only && s.flow.allows(static_cast<Direction>(d)))
      program_->proto_only[d].push_back(id);
  program_->rules.push_back(std::move(r));
}

// Every condition of the rule (of a rule about both sides: at least one) can be met by transactions of this protocol in
// this direction.
bool Builder::applies(const CompiledRule& rule, AppProto protocol, Direction d) const {
  const Signature& s = *rule.signature;
  if (rule.kind != RuleKind::transaction || !s.flow.allows(d)) return false;
  if (s.header.app_protocols.any() && !s.header.app_protocols[static_cast<std::size_t>(protocol)])
    return false;
  std::size_t met = 0, wanted = 0;
  for (const CompiledEngine& e : rule.engines) {
    ++wanted;
    met += is_meant(*e.source, d) && find_source(*program_->buffers[e.buffer].spec, protocol, d) != nullptr
               ? 1
               : 0;
  }
  for (const TxCheckEngine& t : s.tx_checks) {
    if (t.protocol != AppProto::unknown && t.protocol != protocol) return false;
    ++wanted;
    met += (d == Direction::to_server ? t.progress_to_server : t.progress_to_client) ? 1 : 0;
  }
  return s.header.transactional ? met > 0 : met == wanted;
}

void Builder::group_transactions(AppProto protocol, Direction d) {
  TxRules& out = program_->transactions[static_cast<std::size_t>(protocol)][index(d)];
  struct Draft {
    BufferId buffer = 0;
    const BufferSource* source = nullptr;
    PatternSetBuilder patterns;
  };
  std::map<BufferId, Draft> drafts;
  // Buffers that show the same bytes are searched together, as the one that was first or that shows further ones besides.
  const auto draft_of = [&](BufferId buffer) -> Draft& {
    const BufferSource* source = find_source(*program_->buffers[buffer].spec, protocol, d);
    if (program_->buffers[buffer].transforms.empty())
      for (auto& [other, draft] : drafts)
        if (program_->buffers[other].transforms.empty() && same_bytes(*draft.source, *source)) {
          if (program_->buffers[buffer].spec->multiple) draft.buffer = buffer;
          return draft;
        }
    Draft& draft = drafts[buffer];
    draft.buffer = buffer;
    draft.source = source;
    return draft;
  };
  for (RuleId id = 0; id < program_->rules.size(); ++id) {
    const CompiledRule& r = program_->rules[id];
    if (!applies(r, protocol, d)) continue;
    std::optional<ChosenPattern> best;
    BufferId where = 0;
    for (const CompiledEngine& e : r.engines) {
      if (e.source->absent || !is_meant(*e.source, d) ||
          find_source(*e.source->buffer, protocol, d) == nullptr)
        continue;
      const auto p = choose_pattern(e.source->chain);
      if (!p || (best && !better(*p, *best))) continue;
      best = p;
      where = e.buffer;
    }
    if (best)
      draft_of(where).patterns.add(best->bytes, best->nocase, id, best->bounds);
    else
      out.always.push_back(id);
  }
  for (auto& [buffer, draft] : drafts) {
    TxPrefilter prefilter{draft.buffer, draft.source->progress, draft.source->streamed,
                          draft.patterns.build(databases_)};
    out.prefilters.push_back(std::move(prefilter));
  }
  std::stable_sort(out.prefilters.begin(), out.prefilters.end(),
                   [](const TxPrefilter& a, const TxPrefilter& b) { return a.progress < b.progress; });
  if (out.empty()) return;
  for (const InspectBuffer& b : program_->buffers) out.sources.push_back(find_source(*b.spec, protocol, d));
}

void Builder::group_ip_only() {
  std::vector<std::pair<RuleId, const AddressSet*>> by_source, by_destination;
  for (RuleId id = 0; id < program_->rules.size(); ++id) {
    if (program_->rules[id].kind != RuleKind::ip_only) continue;
    const HeaderMatch& h = program_->rules[id].signature->header;
    if (h.bidirectional || (h.source->is_any() && h.destination->is_any()))
      program_->ip_only_any.push_back(id);
    else if (!h.source->is_any())
      by_source.emplace_back(id, h.source.get());
    else
      by_destination.emplace_back(id, h.destination.get());
  }
  program_->ip_only_source = AddressMap(by_source);
  program_->ip_only_destination = AddressMap(by_destination);
}

RuleLineage Builder::lineage(const RuleSet* previous) const {
  if (previous == nullptr) return RuleLineage(program_->rules);
  const RuleSet::Program& before = previous->program();
  return {before.lineage, before.rules, program_->rules};
}

}  // namespace

std::unique_ptr<RuleSet::Program> build_program(std::vector<LoadedSignature> signatures,
                                                const RuleEnvironment& environment,
                                                const RuleSetOptions& options) {
  return Builder(std::move(signatures), environment, options.previous).build(options);
}

}  // namespace weir::rules
