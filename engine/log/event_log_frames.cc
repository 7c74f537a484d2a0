// The frames of a flow, in alerts and in events of their own.
#include "decoders/app/protocol.h"
#include "engine/flow/app_state.h"
#include "engine/flow/flow_frames.h"
#include "engine/log/event_head.h"
#include "engine/log/event_log.h"

namespace weir::engine {

void EventLog::fill_frame(const PacketFacts& facts, const FrameLook& look, output::FrameFacts& out) {
  const AppFrame& frame = *look.frame;
  FrameBytes(*facts.flow, facts.direction, facts.packet.payload)
      .copy(look, kMaxStreamPayload, frame_payload_);
  out = {.type = frame_name(protocol_info(facts.flow->app->protocol), frame.type),
         .id = frame.id,
         .direction = facts.direction,
         .in_stream = facts.flow->tcp != nullptr,
         .stream_offset = frame.offset,
         .length = look.length(),
         .payload = frame_payload_,
         .complete = look.extent.complete,
         .has_tx_id = frame.tx_id != AppFrame::kUnknown,
         .tx_id = frame.tx_id};
}

void EventLog::frames(const PacketFacts& facts) {
  if (!wants_frames_) return;
  const FrameBytes bytes(*facts.flow, facts.direction, facts.packet.payload);
  for (AppFrame& frame : facts.flow->app->frames->by_direction[index(facts.direction)].frames()) {
    if (frame.logged) continue;
    const auto extent = bytes.due(frame, frame.offset, inline_mode_);
    if (!extent) continue;
    frame.logged = true;
    if (leaves_out(facts.flow)) continue;
    const Charge charge(*this, facts.flow);
    output::FrameRecord record;
    record.head = head_of_packet(facts.packet, facts.flow);
    name_origin(record.head);
    record.head.metadata = metadata_of(facts.flow);
    record.app_proto = facts.flow->app->protocol;
    fill_frame(facts, {&frame, frame.offset, *extent}, record.frame);
    for (const auto& session : sessions_) session->frame(record);
  }
}

}  // namespace weir::engine
