#include "engine/flow/flow_frames.h"

#include <algorithm>

#include "engine/flow/app_state.h"
#include "engine/flow/flow.h"
#include "engine/tcp/tcp_session.h"

namespace weir::engine {

std::uint64_t needed_from(const AppFrame& frame) {
  const std::uint64_t seen = frame.inspected - frame.offset;
  return seen <= kFrameShort ? frame.offset : frame.inspected - kFrameLookBack;
}

std::uint64_t needed_from(const FrameList& list) {
  std::uint64_t first = UINT64_MAX;
  for (const AppFrame& frame : list.frames()) first = std::min(first, needed_from(frame));
  return first;
}

std::uint64_t FrameLook::length() const {
  const bool known = frame->length != AppFrame::kUnknown && (extent.final || !frame->open_ended);
  return known ? frame->length : extent.end - frame->offset;
}

std::uint64_t first_transaction_of_frames(const Flow& flow) {
  if (flow.app == nullptr || flow.app->frames == nullptr) return UINT64_MAX;
  const auto& lists = flow.app->frames->by_direction;
  return std::min(lists[0].first_transaction(), lists[1].first_transaction());
}

void hold_frames(Flow& flow, Direction direction) {
  if (flow.tcp != nullptr)
    flow.tcp->stream(direction).hold(needed_from(flow.app->frames->by_direction[index(direction)]));
}

void drop_frames(Flow& flow) {
  if (flow.app->frames == nullptr) return;
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    flow.app->frames->by_direction[index(d)].reset();
    hold_frames(flow, d);
  }
}

FrameBytes::FrameBytes(const Flow& flow, Direction direction, Bytes datagram)
    : stream_(flow.tcp != nullptr ? &flow.tcp->stream(direction) : nullptr),
      datagram_(datagram),
      shown_(flow.app->frames->by_direction[index(direction)].shown()),
      over_(flow.tcp == nullptr || flow.app->eof[index(direction)] || flow.app->change_pending) {}

FrameExtent FrameBytes::extent(const AppFrame& frame) const {
  const std::uint64_t end = std::max(frame.offset, std::min(frame.end(), shown_));
  const bool whole = frame.length != AppFrame::kUnknown && end == frame.end();
  return {.end = end,
          .complete = whole || (over_ && frame.length == AppFrame::kUnknown),
          .final = whole || over_};
}

std::optional<FrameExtent> FrameBytes::due(const AppFrame& frame, std::uint64_t seen, bool in_steps) const {
  const FrameExtent all = extent(frame);
  if (in_steps || frame.open_ended || frame.length > kFrameWhole) {
    const std::uint64_t steps = (seen - frame.offset) / kFrameStep + 1;
    const std::uint64_t step_end = frame.offset + steps * kFrameStep;
    if (all.end >= step_end) return FrameExtent{.end = step_end};
  }
  return all.final ? std::optional(all) : std::nullopt;
}

Bytes FrameBytes::next(std::uint64_t& at, std::uint64_t end) const {
  if (stream_ == nullptr) {
    if (at >= std::min<std::uint64_t>(end, datagram_.size())) return {};
    return datagram_.subspan(static_cast<std::size_t>(at))
        .first(static_cast<std::size_t>(std::min<std::uint64_t>(end, datagram_.size()) - at));
  }
  at = stream_->next_kept(at);
  return at < end ? stream_->kept(at, end - at) : Bytes{};
}

void FrameBytes::copy(const FrameLook& look, std::size_t limit, std::vector<std::uint8_t>& out) const {
  std::uint64_t at = look.begin;
  if (stream_ != nullptr) return stream_->copy_kept(out, limit, at, look.extent.end);
  const Bytes all = next(at, look.extent.end);
  const Bytes part = all.first(std::min(all.size(), limit));
  out.assign(part.begin(), part.end());
}

}  // namespace weir::engine
