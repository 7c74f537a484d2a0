#include "engine/pipeline/packet_rewrite.h"

#include <algorithm>

#include "decoders/checksum.h"
#include "decoders/net/ip_protocol.h"

namespace weir::engine {
namespace {

struct Transport {
  const Layer* layer = nullptr;
  std::uint8_t number = 0;
  std::size_t checksum_at = 0;  // in its header: RFC 9293 3.1, RFC 768
  bool optional = false;        // 0 says that there is no checksum
};

Transport transport_of(const Packet& packet) {
  if (packet.has_tcp) return {packet.find(Proto::tcp), ip_protocol::tcp, 16, false};
  if (packet.has_udp) return {packet.find(Proto::udp), ip_protocol::udp, 6, packet.ip.version == 4};
  return {};
}

void mend_checksum(const Packet& packet, const Transport& transport, std::size_t end,
                   std::vector<std::uint8_t>& frame) {
  const std::size_t field = transport.layer->offset + transport.checksum_at;
  if (transport.optional && frame[field] == 0 && frame[field + 1] == 0) return;
  frame[field] = frame[field + 1] = 0;
  const Bytes segment = Bytes{frame}.subspan(transport.layer->offset, end - transport.layer->offset);
  std::uint16_t sum =
      transport_checksum(packet.ip.source, packet.ip.destination, transport.number, segment);
  if (sum == 0 && packet.has_udp) sum = 0xffff;
  frame[field] = static_cast<std::uint8_t>(sum >> 8U);
  frame[field + 1] = static_cast<std::uint8_t>(sum);
}

std::size_t segment_end(const Packet& packet, const Layer& layer) {
  return layer.offset + (packet.has_udp ? packet.udp_length : layer.header_length + packet.payload.size());
}

}  // namespace

void compute_transport_checksum(const Packet& packet, std::vector<std::uint8_t>& frame) {
  const Transport transport = transport_of(packet);
  if (transport.layer == nullptr) return;
  const std::size_t end = segment_end(packet, *transport.layer);
  if (end <= frame.size() && transport.layer->offset + transport.checksum_at + 2 <= end)
    mend_checksum(packet, transport, end, frame);
}

bool rewrite_payload(Packet& packet, Bytes payload, std::vector<std::uint8_t>& storage) {
  const Transport transport = transport_of(packet);
  const Bytes frame = packet.frame;
  const std::uint8_t* const begin = packet.payload.data();
  if (transport.layer == nullptr || payload.empty() || payload.size() != packet.payload.size()) return false;
  if (begin < frame.data() || begin + payload.size() > frame.data() + frame.size()) return false;
  const auto at = static_cast<std::size_t>(begin - frame.data());
  if (transport.layer->offset + transport.checksum_at + 2 > at) return false;

  if (frame.data() != storage.data()) storage.assign(frame.begin(), frame.end());
  std::copy(payload.begin(), payload.end(), storage.begin() + static_cast<std::ptrdiff_t>(at));
  mend_checksum(packet, transport, at + payload.size(), storage);
  packet.frame = storage;
  packet.payload = packet.frame.subspan(at, payload.size());
  return true;
}

bool rewrite_without_urgent(Packet& packet, std::vector<std::uint8_t>& storage) {
  constexpr std::size_t kFlags = 13, kUrgent = 18;  // RFC 9293 3.1
  const Transport transport = transport_of(packet);
  const Bytes frame = packet.frame;
  if (!packet.has_tcp || transport.layer == nullptr) return false;
  const std::size_t begin = transport.layer->offset, end = segment_end(packet, *transport.layer);
  if (end > frame.size() || begin + transport.layer->header_length > end) return false;
  if (frame.data() != storage.data()) storage.assign(frame.begin(), frame.end());
  storage[begin + kFlags] &= static_cast<std::uint8_t>(~tcp_flag::urg);
  storage[begin + kUrgent] = storage[begin + kUrgent + 1] = 0;
  mend_checksum(packet, transport, end, storage);
  packet.frame = storage;
  return true;
}

}  // namespace weir::engine
