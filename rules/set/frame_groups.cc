#include "rules/set/frame_groups.h"

#include <map>

#include "rules/prefilter/pattern_choice.h"

namespace weir::rules {
namespace {

struct FrameDraft {
  PatternSetBuilder patterns;
  std::vector<RuleId> always;
};
using FrameDrafts = std::map<BufferId, FrameDraft>;

// Searched for in the buffer whose pattern is the rarest.
void add(FrameDrafts& drafts, const CompiledRule& rule, RuleId id) {
  std::optional<ChosenPattern> best;
  BufferId where = rule.engines.front().buffer;
  for (const CompiledEngine& e : rule.engines) {
    const auto p = choose_pattern(e.source->chain);
    if (!p || (best && !better(*p, *best))) continue;
    best = p;
    where = e.buffer;
  }
  if (best)
    drafts[where].patterns.add(best->bytes, best->nocase, id, best->bounds);
  else
    drafts[where].always.push_back(id);
}

}  // namespace

void group_frames(RuleSet::Program& program, PatternDatabases& databases) {
  std::map<std::pair<AppProto, Direction>, FrameDrafts> all;
  for (RuleId id = 0; id < program.rules.size(); ++id) {
    const CompiledRule& rule = program.rules[id];
    if (rule.kind != RuleKind::frame) continue;
    const AppProto protocol = rule.engines.front().source->buffer->frame->protocol;
    const FlowRequirement& flow = rule.signature->flow;
    if (!flow.to_client) add(all[{protocol, Direction::to_server}], rule, id);
    if (!flow.to_server) add(all[{protocol, Direction::to_client}], rule, id);
  }
  for (auto& [place, drafts] : all) {
    const auto [protocol, direction] = place;
    FrameRules& out = program.frames[index(protocol)][index(direction)];
    for (auto& [buffer, draft] : drafts) {
      const FrameType type = program.buffers[buffer].spec->frame->type;
      out.groups.push_back({buffer, type, draft.patterns.build(databases), std::move(draft.always)});
      out.types |= frame_bit(type);
    }
    program.requested.frames[index(protocol)] |= out.types;
  }
}

}  // namespace weir::rules
