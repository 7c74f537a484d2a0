// Inline, bytes of a stream are looked at when they come, and nobody may know yet what protocol they are of. Rules that name
// one wait: the stream keeps what it has shown until the protocol is known, or cannot be told
// (AppLayerDriver::kGiveUpBytes), and then they look at all of it at once. In detect mode the stream itself waits.
#include <algorithm>

#include "engine/detect/detect_impl.h"
#include "engine/flow/app_state.h"

namespace weir::engine {

// Before the stream's chunk is let go.
void Detect::Impl::await_protocol() const {
  in->flow->tcp->stream(in->direction).look_again_from(stream_chunk->offset + stream_chunk->new_offset);
}

// Behind run_packet(): what that has matched on does not match again.
void Detect::Impl::run_late_protocol() {
  TcpStream& stream = in->flow->tcp->stream(in->direction);
  const std::uint64_t from = stream.again_from();
  stream.look_again_from(UINT64_MAX);
  if (stream.raw_disabled() || payload_is_hidden() || flow_facts.protocol == AppProto::failed) return;
  const auto& tcp_rules =
      program->packets[static_cast<std::size_t>(rules::IpClass::tcp)][index(in->direction)];
  const bool to_server = in->direction == Direction::to_server;
  const auto groups =
      tcp_rules.of(flow_facts.protocol, to_server ? in->packet.destination_port : in->packet.source_port);
  for (std::uint64_t at = stream.next_kept(from); at != UINT64_MAX; at = stream.next_kept(at)) {
    const Bytes data = stream.kept(at, UINT64_MAX - at);
    if (data.empty()) return;
    run_late_window(*groups.first, {data, at, true});
    if (groups.second != nullptr) run_late_window(*groups.second, {data, at, true});
    at += data.size();
  }
}

void Detect::Impl::run_late_window(const rules::PacketGroup& group, const BodyView& window) {
  candidates.clear();
  for (const RuleId id : group.stream_always) candidates.add(id);
  group.stream.scan(window.data, window.offset, scratch.get(), candidates);
  for (const RuleId id : candidates.sorted()) {
    if (out_of_time()) return;
    const CompiledRule& rule = program->rules[id];
    if (!rule.checks_app || !rule.on_stream) continue;
    const auto is_it = [&](const Queued& q) { return q.rule == id; };
    if (std::any_of(queue.begin(), queue.end(), is_it)) continue;
    const RuleCheckScope check(profile.get(), id);
    if (!header_matches(rule)) continue;
    chain_scratch.begin_rule();
    if (!packet_buffers_match(rule)) continue;
    if (!rule.payload.matches({window.data, window.offset, true}, chain_scratch)) continue;
    chain_scratch.replacements.clear();  // what they mean has gone on
    match(id, nullptr, true);
  }
}

}  // namespace weir::engine
