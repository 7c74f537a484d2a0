// What becomes of frames once detection has run over a packet.
#include "engine/flow/app_state.h"
#include "engine/flow/flow_frames.h"
#include "engine/pipeline/pipeline.h"

namespace weir::engine {

// Writes those of the packet's direction that are due, and lets go of those that rules and logs are done
// with. Of a datagram's frames none is there any longer than it is. The flow has frames in that direction.
void Pipeline::write_frames(Step& step) {
  Flow& flow = *step.flow;
  FrameList& list = flow.app->frames->by_direction[index(step.direction)];
  if (!flow.is_other_reading) log_.frames(facts_of(step));
  counters_.frames_refused += list.take_refused();
  const bool by_rules = detect_ && !flow.passed && !flow.dropped &&
                        detect_->looks_at_frames(flow.app->protocol, step.direction);
  const FrameBytes bytes(flow, step.direction, step.packet.payload);
  const auto waits_for_log = [&](const AppFrame& frame) { return log_.wants_frames() && !frame.logged; };
  if (!by_rules)  // nobody needs the bytes of those that are written
    for (AppFrame& frame : list.frames())
      if (!waits_for_log(frame)) frame.inspected = bytes.extent(frame).end;
  list.remove_if([&](const AppFrame& frame) {
    if (flow.tcp == nullptr) return true;
    return bytes.extent(frame).final && (frame.inspected_whole || !by_rules) && !waits_for_log(frame);
  });
  hold_frames(flow, step.direction);
}

}  // namespace weir::engine
