#include "engine/packet_rewrite.h"

#include <algorithm>

#include "decoders/checksum.h"

namespace weir::engine {
namespace {

constexpr std::uint8_t kProtoTcp = 6;
constexpr std::size_t kChecksumOffset = 16;  // of the field in the TCP header, RFC 9293 3.1

}  // namespace

void rewrite_payload(Packet& packet, Bytes payload, std::vector<std::uint8_t>& storage) {
  const Layer* const tcp = packet.find(Proto::tcp);
  const Bytes frame = packet.frame;
  const std::uint8_t* const begin = packet.payload.data();
  if (tcp == nullptr || payload.size() != packet.payload.size()) return;
  if (begin < frame.data() || begin + payload.size() > frame.data() + frame.size()) return;
  const auto at = static_cast<std::size_t>(begin - frame.data());
  if (tcp->offset + kChecksumOffset + 2 > at) return;

  storage.assign(frame.begin(), frame.end());
  std::copy(payload.begin(), payload.end(), storage.begin() + static_cast<std::ptrdiff_t>(at));
  const std::size_t field = tcp->offset + kChecksumOffset;
  storage[field] = storage[field + 1] = 0;
  const Bytes segment = Bytes{storage}.subspan(tcp->offset, at + payload.size() - tcp->offset);
  const std::uint16_t sum = transport_checksum(packet.ip.source, packet.ip.destination, kProtoTcp, segment);
  storage[field] = static_cast<std::uint8_t>(sum >> 8U);
  storage[field + 1] = static_cast<std::uint8_t>(sum);
  packet.frame = storage;
  packet.payload = packet.frame.subspan(at, payload.size());
}

}  // namespace weir::engine
