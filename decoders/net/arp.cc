#include "decoders/net/net.h"

namespace weir {
namespace {

constexpr std::uint16_t kEthernet = 1, kIpv4 = 0x0800;
constexpr std::uint8_t kHardwareBytes = 6, kProtocolBytes = 4;
constexpr std::uint16_t kLastOpcode = 4;  // request, reply, reverse request and reply
constexpr std::uint16_t kInverseRequest = 8, kInverseReply = 9;

}  // namespace

DecodedStep decode_arp(ByteCursor& in, Packet& p) {
  const std::uint16_t hardware = in.be16(), protocol = in.be16();
  const std::uint8_t hardware_bytes = in.u8(), protocol_bytes = in.u8();
  const std::uint16_t opcode = in.be16();
  if (in.failed()) return fault(Anomaly::arp_pkt_too_small, 0);
  if (hardware != kEthernet) return fault(Anomaly::arp_unsupported_hardware, 0);
  if (protocol != kIpv4) return fault(Anomaly::arp_unsupported_protocol, 2);
  if (hardware_bytes != kHardwareBytes) return fault(Anomaly::arp_invalid_hardware_size, 4);
  if (protocol_bytes != kProtocolBytes) return fault(Anomaly::arp_invalid_protocol_size, 5);
  const bool known =
      (opcode >= 1 && opcode <= kLastOpcode) || opcode == kInverseRequest || opcode == kInverseReply;
  if (!known) return fault(Anomaly::arp_unsupported_opcode, 6);
  ArpHeader arp;
  arp.opcode = opcode;
  arp.source_hardware = in.take(kHardwareBytes);
  arp.source_protocol = in.take(kProtocolBytes);
  arp.destination_hardware = in.take(kHardwareBytes);
  arp.destination_protocol = in.take(kProtocolBytes);
  if (in.failed()) return fault(Anomaly::arp_invalid_pkt, 8);
  p.arp = arp;
  p.has_arp = true;
  return last_layer();
}

}  // namespace weir
