// An interface through libpcap: works on every system and link type, at a higher cost a packet than AF_PACKET
// rings. `capture: pcap` of an interface asks for it.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "engine/live/sources/packet_source.h"

namespace weir::engine {

struct PcapLiveSettings {
  std::string interface;
  std::string bpf;  // empty: all packets
  int snap_length = 262144;
  bool promiscuous = true;
  int buffer_bytes = 16 << 20;
};

// Opens and activates. Fails with a text that names the interface and libpcap's reason.
tl::expected<std::unique_ptr<PacketSource>, std::string> open_pcap_live(const PcapLiveSettings& settings);

}  // namespace weir::engine
