// What a flow's record says that the flow does not know itself: counted packet by packet, for each direction by itself.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "decoders/packet.h"
#include "decoders/slab.h"

namespace weir::engine {

// Of the packet's own IP: header and payload as the header says, never what the link puts behind them. Where it says nothing
// (0, from a card that cuts the packets later), all that is there.
std::uint32_t ip_bytes(const Packet& packet);
// What follows the IP header, cut to what it says; of IPv6 behind the extension headers. A view of the packet.
Bytes ip_payload(const Packet& packet);

struct MeteredSide {
  std::uint64_t packets = 0, bytes = 0;
  TimeUs first = 0, last = 0;
  std::uint8_t tcp_flags = 0, first_tcp_flags = 0;
  std::uint8_t tos = 0;  // of the first packet
};

// Made with its flow when records are wanted, and counted in the memory of the flow table.
struct FlowMeter : Slabbed {
  std::array<MeteredSide, 2> sides;  // by Direction
  // The flow's client did not send its first packet.
  bool swapped = false;
  // Of an ICMP error about this flow: 1 << 16 | type << 8 | code, and its sender.
  std::uint32_t gateway_error = 0;
  IpAddress gateway;

  // A packet that went in direction `d`. Never allocates.
  void count(const Packet& packet, Direction d);
  // An ICMP error that quotes a packet of this flow; the first one is kept.
  void note_error(const Packet& packet) {
    if (gateway_error != 0) return;
    gateway_error = 1U << 16U | static_cast<std::uint32_t>(packet.icmp.type) << 8U | packet.icmp.code;
    gateway = packet.ip.source;
  }
  void swap_sides() {
    std::swap(sides[0], sides[1]);
    swapped = !swapped;
  }
};

}  // namespace weir::engine
