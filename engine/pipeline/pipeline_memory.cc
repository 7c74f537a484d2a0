// What the pipeline does when an allocation fails. Every part of it stays usable then: what was being done for the packet
// is left undone, and the policies that are there for memory caps say what becomes of it.
#include "engine/pipeline/pipeline.h"

namespace weir::engine {
namespace {

ExceptionTarget target_of(Stage stage) {
  switch (stage) {
    case Stage::flow: return ExceptionTarget::flow_memcap;
    case Stage::stream: return ExceptionTarget::stream_reassembly;
    default: return ExceptionTarget::memory;
  }
}

}  // namespace

// Behind detection all is decided, and only events are lost.
void Pipeline::run_out_of_memory(Step& step) {
  ++counters_.out_of_memory;
  Flow* const flow = step.flow;
  if (step.stage == Stage::app_layer && flow != nullptr) apps_.give_up(*flow, now_);
  if (step.stage != Stage::output) apply_policy(step, target_of(step.stage));
  if (flow != nullptr && flow->app != nullptr) flow->app->release_pending = true;
  if (step.packet.is_pseudo()) return;
  count_verdict(step);
  let_go_of_flow(step);
}

// While the frame was decoded: nothing is known of it.
Verdict Pipeline::run_out_of_memory(const RawPacket& raw) {
  ++counters_.out_of_memory;
  pseudo_ = Packet{};
  pseudo_.raw = raw;
  pseudo_.frame = raw.bytes;
  Step step{.packet = pseudo_};
  outcome_ = {};
  count(pseudo_);
  apply_policy(step, ExceptionTarget::memory);
  count_verdict(step);
  conclude(step, true);
  return outcome_.verdict;
}

// A frame that was to pass, and cannot be made to say the same to every host.
void Pipeline::run_out_of_memory_behind_verdict(Step& step) {
  ++counters_.out_of_memory;
  apply_policy(step, ExceptionTarget::memory);
  if (step.fate.verdict == Verdict::accept) return;
  take_back_verdict(step);
  count_verdict(step);
  conclude(step, true);
}

}  // namespace weir::engine
