// What the records of flows say of each packet. Every packet of IP is counted once: with its flow, or, where it has none (ICMP
// errors, protocols that are not followed, headers that were refused), with one that is there for the record only. Fragments are
// counted with the flow of their datagram.
#include <algorithm>

#include "decoders/digest.h"
#include "engine/flow/cut_packet.h"
#include "engine/flow/flow_meter.h"
#include "engine/pipeline/pipeline.h"

namespace weir::engine {

// Behind the look-up of its flow. Most packets are of a flow that is there, and come whole.
void Pipeline::meter(const Step& step, bool created) {
  const Packet& packet = step.packet;
  const bool is_plain = (packet.has_tcp || packet.has_udp) && packet.origin != PacketOrigin::defragmented;
  if (step.flow == nullptr || created || !is_plain) return meter_other(step, created);
  FlowMeter& meter = *step.flow->meter;
  if (sampled_ && !meter.left_out) meter.count(packet, step.direction);
}

// ICMP errors have been counted before.
void Pipeline::meter_other(const Step& step, bool created) {
  const Packet& packet = step.packet;
  if (packet.ip.is_fragment) return meter_fragment(packet);
  if (packet.has_icmp && packet.icmp.has_embedded) note_quoting(packet);
  if (is_icmpv4_error(packet)) return;
  if (step.flow == nullptr) return meter_alone(packet, step.around);
  count_in(*step.flow, step.direction, packet, step.around, created);
}

// Not with a flow of other packets at hand: it may have to go for this one.
void Pipeline::meter_alone(const Packet& packet, const Packet* around) {
  if (packet.ip.version == 0) return meter_cut(packet);
  if (packet.ip.is_fragment || !sampled_) return;
  const auto found =
      flows_.find_or_create_metered(packet, [this](Flow& flow, FlowEnd reason) { end_flow(flow, reason); });
  counters_.flow_memcap += found.refused;
  if (found.flow != nullptr) count_in(*found.flow, found.direction, packet, around, found.created);
}

// A packet of which the capture has the begin only: with the flow of the others, if there are some.
void Pipeline::meter_cut(const Packet& packet) {
  if (!is_cut(packet)) return;
  Packet cut;
  if (!read_cut_packet(packet, cut)) return;
  if (setup_.flows_only) return meter_only(cut, nullptr);
  if (cut.ip.is_fragment) return meter_fragment(cut);
  const FlowTable::Lookup found = flows_.find(cut);
  if (found.flow == nullptr) return meter_alone(cut, nullptr);
  count_in(*found.flow, found.direction, cut, nullptr, false);
}

void Pipeline::count_in(Flow& flow, Direction d, const Packet& packet, const Packet* around, bool created) {
  FlowMeter& meter = *flow.meter;
  if (created) {
    meter.left_out = leaves_out(flow);
    meter.note_path(packet, packet.origin == PacketOrigin::tunnel ? around : nullptr);
  }
  if (packet.origin == PacketOrigin::defragmented) return count_datagram(meter, d, packet, *around);
  if (sampled_ && !meter.left_out) meter.count(packet, d);
}

bool Pipeline::leaves_out(const Flow& flow) const {
  return setup_.meters.sample.how == MeterSettings::Sampling::flow &&
         !setup_.meters.takes_flow(fixed_hash(flow.key));
}

void Pipeline::count_datagram(FlowMeter& meter, Direction d, const Packet& datagram, const Packet& last) {
  completing_ = &last;
  const MeteredSide fragments = fragments_.take(last, sampled_);
  if (fragments.packets != 0 && !meter.left_out) meter.count_datagram(datagram, d, fragments);
}

// All that is done with a packet where only flows matter.
void Pipeline::meter_only(const Packet& packet, const Packet* around) {
  if (packet.ip.version == 0) return meter_cut(packet);
  if (packet.ip.is_fragment) return meter_fragment(packet);
  const auto on_end = [this](Flow& flow, FlowEnd reason) { end_flow(flow, reason); };
  FlowTable::Lookup found = flows_.find_or_create_for_record(packet, on_end);
  if (found.flow != nullptr && found.flow->state == FlowState::closed && packet.has_tcp && opens(packet.tcp))
    found = flows_.replace(found.flow, packet, on_end);
  counters_.flow_memcap += found.refused;
  counters_.flow_total += found.created;
  if (found.flow == nullptr) return;
  count_in(*found.flow, found.direction, packet, around, found.created);
  if (packet.has_tcp) follow_connection(*found.flow, packet);
  if (packet.has_icmp && packet.icmp.has_embedded) note_quoting(packet);
}

void Pipeline::note_quoting(const Packet& error) {
  if (Flow* const quoted = flows_.find_quoted(error)) quoted->meter->note_error(error);
}

void Pipeline::note_quoting(const DecodedFrame& frame, PacketMask which) {
  for (std::size_t i = 0; i < frame.count; ++i)
    if ((which >> i & 1U) != 0) note_quoting(frame.packets[i]);
}

// As far as the timeouts of states need it.
void Pipeline::follow_connection(Flow& flow, const Packet& packet) {
  const FlowMeter& meter = *flow.meter;
  if ((packet.tcp.flags & tcp_flag::rst) != 0 ||
      (meter.has<'f'>(Direction::to_server) && meter.has<'f'>(Direction::to_client)))
    flows_.set_state(flow, FlowState::closed);
  else if (flow.state == FlowState::fresh && flow.packets[0] != 0 && flow.packets[1] != 0)
    flows_.set_state(flow, FlowState::established);
}

void Pipeline::meter_fragment(const Packet& fragment) {
  if (&fragment == completing_ || !sampled_) return;
  fragments_.add(fragment, [this](const FragmentedDatagram& datagram) { meter_given_up(datagram); });
}

void Pipeline::meter_given_up(const FragmentedDatagram& datagram) {
  datagram.show_as(pseudo_);
  const auto found =
      flows_.find_or_create_metered(pseudo_, [this](Flow& flow, FlowEnd reason) { end_flow(flow, reason); });
  counters_.flow_memcap += found.refused;
  if (found.flow == nullptr) return;
  FlowMeter& meter = *found.flow->meter;
  if (found.created) meter.left_out = leaves_out(*found.flow);
  if (!meter.left_out) meter.sides[index(found.direction)].add(datagram.side);
}

void Pipeline::expire_fragments(TimeUs now) {
  fragments_.expire(now, [this](const FragmentedDatagram& datagram) { meter_given_up(datagram); });
}

// The first one that says a thing says it for the flow. Fingerprints are made where somebody wants them alone: they cost more than
// all else that records say.
void Pipeline::identify(Flow& flow, const Transaction& tx) {
  auto& known = flow.meter->identity;
  if (known != nullptr && known->is_whole(setup_.meters.fingerprints)) return;
  const TransactionIdentity said = tx.identity(setup_.meters.fingerprints);
  if (said.host.empty() && said.ja4.empty() && said.certificate.empty()) return;
  if (known == nullptr) known = std::make_unique<FlowIdentity>();
  if (known->host.empty()) known->host = said.host.substr(0, FlowIdentity::kMaxHostBytes);
  if (known->ja4.empty()) known->ja4 = said.ja4;
  if (said.certificate.empty() || !known->certificate_sha256.empty()) return;
  known->certificate_sha256 = hex(digest(Hash::sha256, said.certificate).view());
}

}  // namespace weir::engine
