// Detection on frames: each is looked at when it is whole or has grown by a step (engine/flow/flow_frames.h).
//
// A rule matches once for each look in which new bytes of the frame complete what it looks for.
#include <algorithm>

#include "engine/detect/detect_impl.h"
#include "engine/flow/app_state.h"

namespace weir::engine {

BodyView BufferCache::of_frame(const rules::RuleSet::Program& program, rules::BufferId id, BodyView part) {
  transform(program.buffers[id], part);
  return part;
}

bool Detect::looks_at_frames(AppProto protocol, Direction direction) const {
  return !impl_->program->frames[index(protocol)][index(direction)].groups.empty();
}

void Detect::Impl::run_frames() {
  FrameList& list = in->flow->app->frames->by_direction[index(in->direction)];
  const auto& frame_rules = program->frames[index(flow_facts.protocol)][index(in->direction)];
  if (frame_rules.groups.empty()) return;
  const FrameBytes bytes(*in->flow, in->direction, in->packet.payload);
  for (AppFrame& frame : list.frames()) {
    while (const auto extent = due_of_frame(frame, bytes)) {
      if (out_of_time()) return;
      run_frame({&frame, needed_from(frame), *extent}, bytes, frame_rules);
      frame.inspected = extent->end;
      frame.inspected_whole = extent->final;
    }
  }
}

std::optional<FrameExtent> Detect::Impl::due_of_frame(const AppFrame& frame, const FrameBytes& bytes) const {
  if (frame.inspected_whole) return std::nullopt;
  if (!settings.inline_mode) return bytes.due(frame, frame.inspected, false);
  const FrameExtent all = bytes.extent(frame);
  return all.final || all.end > frame.inspected ? std::optional(all) : std::nullopt;
}

// Each run of bytes between holes is a window of its own.
void Detect::Impl::run_frame(const FrameLook& look, const FrameBytes& bytes,
                             const rules::FrameRules& frame_rules) {
  const AppFrame& frame = *look.frame;
  const FrameExtent& extent = look.extent;
  if (in->no_payload || (frame_rules.types & frame_bit(frame.type)) == 0) return;
  std::uint64_t at = look.begin;
  for (Bytes data = bytes.next(at, extent.end); !data.empty(); data = bytes.next(at, extent.end)) {
    const std::uint64_t end = at + data.size();
    const bool last = end == extent.end;
    const std::uint64_t seen = std::min(std::max(frame.inspected, at), end) - at;
    if (seen < data.size() || (last && extent.final))
      run_frame_window(look,
                       {{data, at - frame.offset, last && extent.complete}, static_cast<std::size_t>(seen)},
                       frame_rules);
    at = end;
  }
}

void Detect::Impl::run_frame_window(const FrameLook& look, const FrameWindow& window,
                                    const rules::FrameRules& frame_rules) {
  candidates.clear();
  buffers.clear();
  for (const rules::FrameGroup& group : frame_rules.groups) {
    if (group.type != look.frame->type) continue;
    if (!group.patterns.empty()) {
      const BodyView view = buffers.of_frame(*program, group.buffer, window.view);
      group.patterns.scan(view.data, view.offset, scratch.get(), candidates);
    }
    for (const RuleId id : group.always) candidates.add(id);
  }
  for (const RuleId id : candidates.sorted()) {
    if (out_of_time()) return;
    const RuleCheckScope check(profile.get(), id);
    const CompiledRule& rule = program->rules[id];
    if (has_matched(id, look) || !header_matches(rule) || !frame_rule_matches(rule, window)) continue;
    const Transaction* tx = in->flow->app->parser->transactions().find(look.frame->tx_id);
    match(id, tx, false, look);
  }
}

// What lies in bytes alone that were looked at before was reported then, unless the frame's end makes the
// match.
bool Detect::Impl::frame_rule_matches(const CompiledRule& rule, const FrameWindow& window) {
  chain_scratch.vars.fill(0);
  chain_scratch.replacements.clear();
  if (!packet_buffers_match(rule)) return false;
  const auto holds = [&](const BodyView& part) {
    return std::all_of(rule.engines.begin(), rule.engines.end(), [&](const rules::CompiledEngine& engine) {
      const BodyView seen = buffers.of_frame(*program, engine.buffer, part);
      return engine.chain.matches({seen.data, seen.offset, seen.complete}, chain_scratch);
    });
  };
  const BodyView& all = window.view;
  if (!holds(all)) return false;
  if (window.fresh == 0 || !holds({all.data.first(window.fresh), all.offset, false})) return true;
  if (window.fresh == all.data.size()) return false;
  return holds({all.data.subspan(window.fresh), all.offset + window.fresh, all.complete});
}

// In another window of the same look.
bool Detect::Impl::has_matched(RuleId id, const FrameLook& look) const {
  return std::any_of(queue.begin(), queue.end(), [&](const Queued& q) {
    return q.rule == id && q.frame.frame == look.frame && q.frame.extent == look.extent;
  });
}

}  // namespace weir::engine
