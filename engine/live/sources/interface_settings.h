// How an interface is listened to: the `af-packet:` and `pcap:` sections, under Suricata's names.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/config/config.h"
#include "engine/live/sources/af_packet_source.h"
#include "engine/live/sources/pcap_source.h"

namespace weir::engine {

// What the command line says of all interfaces; it outweighs the configuration.
struct InterfaceOptions {
  std::string bpf;        // -f
  unsigned threads = 0;   // --threads; 0: as configured, else one a core
  bool portable = false;  // --pcap
};

struct InterfaceSettings {
  AfPacketSettings ring;
  PcapLiveSettings pcap;  // used instead when `portable`
  bool portable = false;  // libpcap, one worker
  unsigned workers = 1;

  // The item of `af-packet:` (or `pcap:`) with this interface, else the one named "default". Fails with a text that
  // names the key.
  static tl::expected<InterfaceSettings, std::string> from(const Config& config, const std::string& interface,
                                                           const InterfaceOptions& options);
};

// Those that `af-packet:` names, for a run that names none.
std::vector<std::string> configured_interfaces(const Config& config);

// Settings of the network card that show us other packets than were on the wire, with the command that mends
// them; empty when all is well, or unknown.
std::string offload_warning(const std::string& interface);

}  // namespace weir::engine
