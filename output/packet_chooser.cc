#include "output/packet_chooser.h"

#include <algorithm>

namespace weir::output {

PacketChooser::PacketChooser(PacketLog& log, PacketOut& out, std::size_t ring_bytes)
    : log_(log),
      out_(out),
      which_(log.settings().which),
      keeps_flows_(which_ == PacketLogSettings::Which::alerts && ring_bytes != 0),
      ring_(which_ == PacketLogSettings::Which::all
                ? nullptr
                : std::make_unique<PacketRing>(keeps_flows_ ? ring_bytes : 0)) {}

void PacketChooser::inner_flow(std::uint64_t frame, std::uint64_t flow) {
  if (frame != at_hand_) flow_count_ = 0;
  at_hand_ = frame;
  if (flow != 0 && flow_count_ < kMaxFlows) flows_[flow_count_++] = flow;
}

bool PacketChooser::is_wanted(std::uint64_t frame) const {
  if (ring_ == nullptr || wanted_ == frame) return true;
  return !alerted_.empty() &&
         std::any_of(flows_.begin(), flows_.begin() + static_cast<std::ptrdiff_t>(flow_count_),
                     [this](std::uint64_t flow) { return alerted_.contains(flow); });
}

void PacketChooser::frame(const RawPacket& raw, std::uint64_t frame, std::uint64_t flow) {
  inner_flow(frame, flow);
  if (is_wanted(frame)) return out_.write(raw);
  ring_->add(raw, frame, std::span(flows_).first(keeps_flows_ ? flow_count_ : 0));
}

void PacketChooser::wanted(std::uint64_t frame, std::uint64_t flow,
                           const std::shared_ptr<LineCondition>& condition) {
  if (ring_ == nullptr || (condition != nullptr && !condition->holds())) return;
  const auto write = [this](const RawPacket& raw) { out_.write(raw); };
  if (flow != 0 && alerted_.insert(flow).second) {
    std::uint64_t before = 0;
    ring_->take_flow(flow, [&](const RawPacket& raw) {
      before += raw.number != frame;
      out_.write(raw);
    });
    log_.before_alert.fetch_add(before, std::memory_order_relaxed);
  }
  // Of a packet inside it the frame itself is still to come.
  if (frame != 0 && !ring_->take_last(frame, write)) wanted_ = frame;
}

}  // namespace weir::output
