// Decides which frames of a run are kept in a packet log: all, those that a tag asks for, or those of flows with an alert, also
// the ones that came before it, as far as they still are in the ring.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_set>

#include "output/packet_log.h"
#include "output/packet_ring.h"
#include "output/packet_tap.h"

namespace weir::output {

class PacketChooser final : public PacketTap {
 public:
  // Both outlive it. `ring_bytes`: its part of `weir.pcap-log.before-alert`.
  PacketChooser(PacketLog& log, PacketOut& out, std::size_t ring_bytes);

  void inner_flow(std::uint64_t frame, std::uint64_t flow) override;
  void frame(const RawPacket& raw, std::uint64_t frame, std::uint64_t flow) override;
  void wanted(std::uint64_t frame, std::uint64_t flow,
              const std::shared_ptr<LineCondition>& condition) override;
  void flow_over(std::uint64_t flow) override { alerted_.erase(flow); }
  [[nodiscard]] std::string_view file() override { return out_.file(); }

 private:
  static constexpr std::size_t kMaxFlows = 16;  // of one frame; more tunnels in tunnels are not decoded
  [[nodiscard]] bool is_wanted(std::uint64_t frame) const;

  PacketLog& log_;
  PacketOut& out_;
  const PacketLogSettings::Which which_;
  const bool keeps_flows_;                        // frames are kept for alerts to come
  std::unique_ptr<PacketRing> ring_;              // null: all frames are written
  std::unordered_set<std::uint64_t> alerted_;     // flows that are not over
  std::array<std::uint64_t, kMaxFlows> flows_{};  // of the frame at hand
  std::size_t flow_count_ = 0;
  std::uint64_t at_hand_ = 0, wanted_ = 0;  // frames
};

}  // namespace weir::output
