// Detection on the packet itself and on the reassembled stream.
#include <algorithm>
#include <utility>

#include "decoders/app/protocol_ids.h"
#include "engine/detect/detect_impl.h"

namespace weir::engine {

void Detect::Impl::run_ip_only() {
  if (in->packet.ip.version == 0) return;
  std::uint32_t seen = 0;
  if (in->flow != nullptr) {
    std::uint32_t& done = in->flow->detect->ip_only_done[index(in->direction)];
    if (done == program->lineage.generation()) return;
    seen = std::exchange(done, program->lineage.generation());
  }
  const auto check = [&](std::span<const RuleId> ids) {
    for (const RuleId id : ids) {
      if (program->lineage.since(id) <= seen) continue;
      const RuleCheckScope scope(profile.get(), id);
      if (header_matches(program->rules[id])) match(id, nullptr, false);
    }
  };
  check(program->ip_only_source.find(in->packet.ip.source));
  check(program->ip_only_destination.find(in->packet.ip.destination));
  check(program->ip_only_any);
}

void Detect::Impl::run_proto_only() {
  if (in->flow == nullptr) return;
  if (flow_facts.protocol_by_direction[index(in->direction)] == AppProto::unknown) return;
  std::uint32_t& done = in->flow->detect->proto_only_done[index(in->direction)];
  if (done == program->lineage.generation()) return;
  const std::uint32_t seen = std::exchange(done, program->lineage.generation());
  for (const RuleId id : program->proto_only[index(in->direction)]) {
    if (program->lineage.since(id) <= seen) continue;
    const RuleCheckScope check(profile.get(), id);
    if (header_matches(program->rules[id])) match(id, nullptr, false);
  }
}

void Detect::Impl::gather_packet_candidates(const rules::PacketGroup& group) {
  const bool pseudo = in->packet.is_pseudo();
  if (!pseudo)
    for (const RuleId id : group.header) candidates.add(id);
  const Bytes payload = in->packet.payload;
  const bool look = !pseudo && !payload.empty() && !payload_is_hidden();
  if (look)
    for (const RuleId id : group.packet_always) candidates.add(id);
  if (stream_chunk || (look && payload_on_packet))
    for (const RuleId id : group.stream_always) candidates.add(id);
  if (look && !payload_on_packet && payload_ends_chunk) {
    group.packet.scan_head(payload, 0, candidates);
    group.stream.scan_with_packet(stream_chunk->data, stream_chunk->offset, stream_chunk->new_offset,
                                  scratch.get(), candidates);
    return;
  }
  if (look && payload_on_packet) {
    group.packet.scan_head(payload, 0, candidates);
    group.stream.scan_with_packet(payload, 0, 0, scratch.get(), candidates);
  } else if (look) {
    group.packet.scan(payload, 0, scratch.get(), candidates);
  }
  if (stream_chunk) group.stream.scan(stream_chunk->data, stream_chunk->offset, scratch.get(), candidates);
}

std::optional<TcpStream::RawChunk> Detect::Impl::due_chunk() const {
  if (in->flow == nullptr || in->flow->tcp == nullptr) return std::nullopt;
  const TcpStream& stream = in->flow->tcp->stream(in->direction);
  if (!stream.raw_ready() && !in->flow_ends) return std::nullopt;
  if (!in->flow->tcp->takes_data()) return std::nullopt;
  const TcpStream::RawChunk chunk = stream.raw_chunk();
  return chunk.data.empty() ? std::nullopt : std::optional(chunk);
}

void Detect::Impl::run_packet() {
  const Packet& p = in->packet;
  const auto c = p.ip.version == 0 ? rules::IpClass::other : rules::ip_class(p.ip.protocol);
  const rules::PacketRules& packet_rules =
      program->packets[static_cast<std::size_t>(c)][index(in->direction)];
  chunk_looked_at = stream_chunk ? &in->flow->tcp->stream(in->direction) : nullptr;
  payload_on_packet = c == rules::IpClass::tcp && !context->stream_added;
  const Bytes fresh = stream_chunk ? stream_chunk->data.subspan(stream_chunk->new_offset) : Bytes{};
  payload_ends_chunk = std::equal(fresh.begin(), fresh.end(), p.payload.begin(), p.payload.end());
  candidates.clear();
  buffers.clear();
  const std::uint16_t port = in->direction == Direction::to_server ? p.destination_port : p.source_port;
  const auto groups = packet_rules.of(in->flow != nullptr ? flow_facts.protocol : AppProto::unknown, port);
  gather_packet_candidates(*groups.first);
  if (groups.second != nullptr) gather_packet_candidates(*groups.second);
  if (settings.inline_mode && stream_chunk && flow_facts.protocol == AppProto::unknown) await_protocol();
  for (const RuleId id : candidates.sorted()) {
    if (out_of_time()) return;
    const RuleCheckScope check(profile.get(), id);
    const CompiledRule& rule = program->rules[id];
    bool from_stream = false;
    if (!header_matches(rule)) continue;
    chain_scratch.begin_rule();
    if (packet_rule_matches(rule, from_stream)) match(id, nullptr, from_stream);
  }
}

bool Detect::Impl::packet_buffers_match(const CompiledRule& rule) {
  for (const rules::CompiledEngine& engine : rule.packet_buffers) {
    bool met = false;
    for (const BodyView& v : buffers.of_packet(*program, engine.buffer, in->packet))
      met = met || engine.chain.matches({v.data, 0, true}, chain_scratch);
    if (!met) return false;
  }
  return true;
}

// Encrypted, or not to be looked at.
bool Detect::Impl::payload_is_hidden() const {
  return in->no_payload || (in->flow != nullptr && in->flow->no_payload_inspection);
}

bool Detect::Impl::chain_on_packet(const CompiledRule& rule) {
  const Bytes payload = in->packet.payload;
  if (payload.empty() || payload_is_hidden()) return false;
  return rule.payload.matches({payload, 0, true}, chain_scratch);
}

bool Detect::Impl::packet_rule_matches(const CompiledRule& rule, bool& from_stream, SeenBytes seen) {
  if (rule.signature->dsize) {
    const auto size = in->packet.payload.size();
    if (rule.signature->dsize->first > 0 && payload_is_hidden()) return false;
    if (size < rule.signature->dsize->first || size > rule.signature->dsize->second) return false;
  }
  if (!packet_buffers_match(rule)) return false;
  if (rule.payload.empty()) return true;
  const bool tcp = in->packet.has_tcp;
  if ((!tcp || rule.on_packet || payload_on_packet) && chain_on_packet(rule)) return true;
  if (!tcp || !rule.on_stream || !stream_chunk) return false;
  from_stream = chain_on_stream(rule, seen);
  return from_stream;
}

// The chunk begins with bytes that were looked at before: what lies in them alone was reported then, or belongs to messages before.
bool Detect::Impl::chain_on_stream(const CompiledRule& rule, SeenBytes seen) {
  const TcpStream::RawChunk& chunk = *stream_chunk;
  const std::size_t captured = chain_scratch.captured.size();
  if (!rule.payload.matches({chunk.data, chunk.offset, true}, chain_scratch)) return false;
  if (chunk.new_offset == 0) return true;
  if (seen == SeenBytes::count) {
    const std::uint64_t begin = in->flow->tcp->stream(in->direction).message_begin();
    if (begin <= chunk.offset) return true;
    const auto before = std::min(static_cast<std::size_t>(begin - chunk.offset), chunk.data.size());
    chain_scratch.captured.cut_to(captured);
    return rule.payload.matches({chunk.data.subspan(before), chunk.offset + before, true}, chain_scratch);
  }
  if (!rule.payload.matches({chunk.data.first(chunk.new_offset), chunk.offset, true}, chain_scratch))
    return true;
  chain_scratch.captured.cut_to(captured);  // the match that counts is another
  const Bytes fresh = chunk.data.subspan(chunk.new_offset);
  return rule.payload.matches({fresh, chunk.offset + chunk.new_offset, true}, chain_scratch);
}

}  // namespace weir::engine
