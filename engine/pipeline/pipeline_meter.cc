// What the records of flows say of each packet. Every packet of IP is counted once: with its flow, or, where it has none (ICMP
// errors, protocols that are not followed, headers that were refused), with one that is there for the record only.
#include "engine/flow/flow_meter.h"
#include "engine/pipeline/pipeline.h"

namespace weir::engine {

// Behind the look-up of its flow; ICMP errors have been counted before it.
void Pipeline::meter(const Step& step) {
  const Packet& packet = step.packet;
  if (packet.has_icmp && is_icmpv4_error(packet)) {
    Flow* const quoted = step.flow != nullptr ? step.flow : flows_.find_quoted(packet);
    if (quoted != nullptr) quoted->meter->note_error(packet);
  } else if (step.flow != nullptr) {
    step.flow->meter->count(packet, step.direction);
  } else {
    meter_alone(packet);
  }
}

// Not with a flow of other packets at hand: it may have to go for this one.
void Pipeline::meter_alone(const Packet& packet) {
  if (packet.ip.version == 0 || packet.ip.is_fragment) return;
  const auto found =
      flows_.find_or_create_metered(packet, [this](Flow& flow, FlowEnd reason) { end_flow(flow, reason); });
  if (found.flow != nullptr) found.flow->meter->count(packet, found.direction);
}

}  // namespace weir::engine
