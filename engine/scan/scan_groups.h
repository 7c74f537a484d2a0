// The decision: whether what a source tried is a scan (ScanSettings), and what there is to say of it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "decoders/ip_address.h"
#include "engine/scan/scan_settings.h"
#include "engine/scan/source_tally.h"

namespace weir::engine {

enum class ScanKind : std::uint8_t { horizontal, vertical };
std::string_view scan_kind_name(ScanKind kind);

// One kind of scan by one source: all ports that it tried on many hosts, or all hosts on which it tried many ports.
struct Scan {
  IpAddress source;
  ScanKind kind = ScanKind::horizontal;
  std::uint64_t targets = 0;            // different hosts, or ports
  bool is_estimated = false;            // there were more than could be told apart
  std::vector<std::uint16_t> ports;     // horizontal: those with most hosts first, at most kMostNamed
  std::vector<IpAddress> hosts;         // vertical: likewise
  std::uint8_t protocol = 0;            // of the first of them
  ScanMethod method = ScanMethod::syn;  // of most targets
  std::uint64_t attempts = 0;           // more than targets where some were tried again
  std::uint64_t answered = 0;           // targets that gave an answer, and be it once
  TimeUs first = 0, last = 0;
  TimeUs fastest = 0;  // the shortest time in which so much was tried that it is a scan
  IpAddress example;   // a target, the last that was tried
  std::uint16_t example_port = 0;
  static constexpr std::size_t kMostNamed = 16;
};

// None, one, or one of each kind.
std::vector<Scan> scans_of(const IpAddress& source, const SourceTally& tally, const ScanSettings& settings);

}  // namespace weir::engine
