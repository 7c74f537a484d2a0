// What the records of flows say of each packet. Every packet of IP is counted once: with its flow, or, where it has none (ICMP
// errors, protocols that are not followed, headers that were refused), with one that is there for the record only. Fragments are
// counted with the flow of their datagram.
#include <algorithm>

#include <openssl/sha.h>

#include "engine/flow/flow_meter.h"
#include "engine/pipeline/pipeline.h"

namespace weir::engine {

// Behind the look-up of its flow; ICMP errors have been counted before it.
void Pipeline::meter(const Step& step, bool created) {
  const Packet& packet = step.packet;
  if (packet.ip.is_fragment) return meter_fragment(packet);
  if (packet.has_icmp && is_icmpv4_error(packet)) {
    Flow* const quoted = step.flow != nullptr ? step.flow : flows_.find_quoted(packet);
    if (quoted != nullptr) quoted->meter->note_error(packet);
    return;
  }
  if (step.flow == nullptr) return meter_alone(packet, step.around);
  FlowMeter& meter = *step.flow->meter;
  const bool in_tunnel = packet.origin == PacketOrigin::tunnel;
  if (created) meter.note_path(packet, in_tunnel ? step.around : nullptr);
  if (packet.origin != PacketOrigin::defragmented) return meter.count(packet, step.direction);
  completing_ = step.around;
  meter.count(packet, fragments_.take(*step.around), step.direction);
}

// Not with a flow of other packets at hand: it may have to go for this one.
void Pipeline::meter_alone(const Packet& packet, const Packet* around) {
  if (packet.ip.version == 0) return;
  const auto found =
      flows_.find_or_create_metered(packet, [this](Flow& flow, FlowEnd reason) { end_flow(flow, reason); });
  if (found.flow == nullptr) return;
  FlowMeter& meter = *found.flow->meter;
  if (found.created) meter.note_path(packet, packet.origin == PacketOrigin::tunnel ? around : nullptr);
  if (packet.origin != PacketOrigin::defragmented) return meter.count(packet, found.direction);
  completing_ = around;
  meter.count(packet, fragments_.take(*around), found.direction);
}

void Pipeline::meter_fragment(const Packet& fragment) {
  if (&fragment == completing_) return;
  fragments_.add(fragment, [this](const FragmentedDatagram& datagram) { meter_given_up(datagram); });
}

void Pipeline::meter_given_up(const FragmentedDatagram& datagram) {
  datagram.show_as(pseudo_);
  const auto found =
      flows_.find_or_create_metered(pseudo_, [this](Flow& flow, FlowEnd reason) { end_flow(flow, reason); });
  if (found.flow != nullptr) found.flow->meter->sides[index(found.direction)].add(datagram.side);
}

void Pipeline::expire_fragments(TimeUs now) {
  fragments_.expire(now, [this](const FragmentedDatagram& datagram) { meter_given_up(datagram); });
}

// The first one that says a thing says it for the flow.
void Pipeline::identify(Flow& flow, const Transaction& tx) {
  auto& known = flow.meter->identity;
  if (known != nullptr && known->is_whole()) return;
  const TransactionIdentity said = tx.identity();
  if (said.host.empty() && said.ja4.empty() && said.certificate.empty()) return;
  if (known == nullptr) known = std::make_unique<FlowIdentity>();
  if (known->host.empty()) known->host = said.host.substr(0, FlowIdentity::kMaxHostBytes);
  if (known->ja4.empty()) known->ja4 = said.ja4;
  if (said.certificate.empty() || !known->certificate_sha256.empty()) return;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> hash{};
  SHA256(said.certificate.data(), said.certificate.size(), hash.data());
  for (const std::uint8_t byte : hash) {
    known->certificate_sha256 += kDigits[byte >> 4U];
    known->certificate_sha256 += kDigits[byte & 15U];
  }
}

}  // namespace weir::engine
