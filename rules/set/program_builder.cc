#include "rules/set/program_builder.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "decoders/app/protocol_ids.h"
#include "rules/prefilter/pattern_choice.h"
#include "rules/set/evaluation_order.h"
#include "rules/set/frame_groups.h"

namespace weir::rules {
namespace {

constexpr std::size_t kWidePortSet = 2048;  // a rule for more ports than this is grouped as one for any port

bool looks_at_start(const BufferChain& chain) {
  return std::any_of(chain.begin(), chain.end(), [](const BufferOp& op) {
    const auto* c = std::get_if<Content>(&op);
    return c != nullptr && (c->has_offset || c->has_depth || c->starts_with);
  });
}

bool allows(const FlowRequirement& flow, Direction d) {
  return d == Direction::to_server ? flow.to_server || !flow.to_client : flow.to_client || !flow.to_server;
}

bool allows(const HeaderMatch& header, IpClass c) {
  if (header.any_ip_protocol) return true;
  switch (c) {
    case IpClass::tcp: return header.ip_protocols[6];
    case IpClass::udp: return header.ip_protocols[17];
    case IpClass::icmp: return header.ip_protocols[1] || header.ip_protocols[58];
    case IpClass::other: break;
  }
  for (std::size_t p = 0; p < 256; ++p)
    if (header.ip_protocols[p] && ip_class(static_cast<std::uint8_t>(p)) == IpClass::other) return true;
  return false;
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

// Literals and pattern-less rules of one PacketGroup while it is put together.
struct GroupDraft {
  PatternSetBuilder packet, stream;
  PacketGroup group;
};

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
    program_->variable_names = environment.variables;
    program_->datasets = environment.datasets;
  }

  std::unique_ptr<RuleSet::Program> build(const RuleSetOptions& options) {
    for (const auto& s : program_->signatures) compile(*s);
    for (std::size_t c = 0; c < kIpClasses; ++c)
      for (std::size_t d = 0; d < 2; ++d) group_packets(static_cast<IpClass>(c), static_cast<Direction>(d));
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
  void group_packets(IpClass c, Direction d);
  void group_any_port(PacketRules& out, const std::vector<RuleId>& ids, IpClass c);
  void add_to_group(GroupDraft& draft, RuleId id, IpClass c) const;
  PacketGroup finish(GroupDraft& draft);
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
  if (!s.packet_checks.empty()) {
    const bool protocol_only = std::all_of(s.packet_checks.begin(), s.packet_checks.end(),
                                           [](const auto& check) { return check->protocol_only(); });
    return protocol_only ? RuleKind::proto_only : RuleKind::header;
  }
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
         s.packet_checks.empty() && s.requires_bits.empty() && s.buffers.empty() && !s.dsize && !s.hook;
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
    if (r.kind == RuleKind::proto_only && allows(s.flow, static_cast<Direction>(d)))
      program_->proto_only[d].push_back(id);
  program_->rules.push_back(std::move(r));
}

void Builder::add_to_group(GroupDraft& draft, RuleId id, IpClass c) const {
  const CompiledRule& r = program_->rules[id];
  if (r.kind == RuleKind::header) {
    draft.group.header.push_back(id);
    return;
  }
  const bool on_packet = c != IpClass::tcp || r.on_packet;
  const bool on_stream = c == IpClass::tcp && r.on_stream;
  auto p = choose_head_pattern(r.signature->payload);
  if (!p) p = choose_pattern(r.signature->payload);
  if (p) {
    PatternBounds on_packet_bounds = p->bounds;
    if (const auto& size = r.signature->dsize)
      on_packet_bounds.last = std::min<std::uint32_t>(on_packet_bounds.last, size->second);
    if (on_packet) draft.packet.add(p->bytes, p->nocase, id, on_packet_bounds);
    if (on_stream) draft.stream.add(p->bytes, p->nocase, id, p->bounds);
    // One that is found anywhere in the stream is found in the packet by that.
    if (c == IpClass::tcp && on_packet && !(on_stream && p->bounds.anywhere(p->bytes.size())))
      draft.stream.add_for_packet(p->bytes, p->nocase, id, on_packet_bounds);
    return;
  }
  if (on_packet) draft.group.packet_always.push_back(id);
  if (on_stream) draft.group.stream_always.push_back(id);
}

PacketGroup Builder::finish(GroupDraft& draft) {
  draft.group.packet = draft.packet.build(databases_);
  draft.group.stream = draft.stream.build(databases_);
  return std::move(draft.group);
}

std::size_t port_count(const PortSet& ports) {
  std::size_t n = 0;
  for (const PortSet::Range& r : ports.ranges()) n += static_cast<std::size_t>(r.last - r.first) + 1;
  return n;
}

// Rules about an application protocol are not searched for in the flows of others: a protocol with such rules has a group of its
// own, which holds the rules for every protocol, too, so that one pass finds both. Shorter sets pay twice, as few literals are
// searched for faster each.
void Builder::group_any_port(PacketRules& out, const std::vector<RuleId>& ids, IpClass c) {
  const auto build = [&](const auto& takes) {
    GroupDraft draft;
    for (const RuleId id : ids)
      if (takes(program_->rules[id])) add_to_group(draft, id, c);
    out.any.push_back(finish(draft));
  };
  build([](const CompiledRule& r) { return !r.checks_app; });
  for (std::size_t p = 0; p < index(AppProto::count_); ++p) {
    const auto names_it = [&](const CompiledRule& r) {
      return r.signature->header.names(static_cast<AppProto>(p));
    };
    if (std::none_of(ids.begin(), ids.end(), [&](RuleId id) { return names_it(program_->rules[id]); }))
      continue;
    out.any_of[p] = static_cast<std::uint8_t>(out.any.size());
    build([&](const CompiledRule& r) { return !r.checks_app || names_it(r); });
  }
}

// The ports are cut where the set of rules for a port changes; intervals with the same rules share a class.
void Builder::group_packets(IpClass c, Direction d) {
  PacketRules& out = program_->packets[static_cast<std::size_t>(c)][index(d)];
  std::vector<RuleId> any;
  std::map<std::uint32_t, std::vector<RuleId>> starts, ends;  // by port
  for (RuleId id = 0; id < program_->rules.size(); ++id) {
    const CompiledRule& r = program_->rules[id];
    const Signature& s = *r.signature;
    if (r.kind != RuleKind::header && r.kind != RuleKind::payload) continue;
    if (!allows(s.flow, d) || !allows(s.header, c)) continue;
    const PortSet& ports = *(d == Direction::to_server ? s.header.destination_ports : s.header.source_ports);
    const bool has_ports = c == IpClass::tcp || c == IpClass::udp;
    if (!has_ports || s.header.bidirectional || port_count(ports) > kWidePortSet) {
      any.push_back(id);
      continue;
    }
    for (const PortSet::Range& range : ports.ranges()) {
      starts[range.first].push_back(id);
      ends[std::uint32_t{range.last} + 1].push_back(id);
    }
  }
  group_any_port(out, any, c);
  if (starts.empty()) return;
  out.class_of.assign(65536, 0);
  out.by_class.emplace_back();
  std::set<std::uint32_t> cuts;
  for (const auto& [port, ids] : starts) cuts.insert(port);
  for (const auto& [port, ids] : ends) cuts.insert(port);
  cuts.insert(65536);
  std::map<std::vector<RuleId>, std::uint16_t> classes;
  std::set<RuleId> active;
  for (auto cut = cuts.begin(); *cut < 65536; ++cut) {
    if (const auto e = ends.find(*cut); e != ends.end())
      for (const RuleId id : e->second) active.erase(id);
    if (const auto s = starts.find(*cut); s != starts.end())
      active.insert(s->second.begin(), s->second.end());
    if (active.empty()) continue;
    const std::vector<RuleId> members(active.begin(), active.end());
    const auto [it, added] = classes.try_emplace(members, static_cast<std::uint16_t>(out.by_class.size()));
    if (added) {
      GroupDraft draft;
      for (const RuleId id : members) add_to_group(draft, id, c);
      out.by_class.push_back(finish(draft));
    }
    const std::uint32_t next = *std::next(cut);
    std::fill(out.class_of.begin() + *cut, out.class_of.begin() + next, it->second);
  }
}

// Every condition of the rule (of a rule about both sides: at least one) can be met by transactions of this protocol in
// this direction.
bool Builder::applies(const CompiledRule& rule, AppProto protocol, Direction d) const {
  const Signature& s = *rule.signature;
  if (rule.kind != RuleKind::transaction || !allows(s.flow, d)) return false;
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
