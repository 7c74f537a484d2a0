// `outputs: - pcap-log:` as its keys say it, and our own of `weir.pcap-log`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/settings.h"

namespace weir::output {

struct PacketLogSettings {
  enum class Which : std::uint8_t {
    all,     // every frame
    alerts,  // of flows with an alert, and those that an alert without a flow is about
    tagged   // those that a rule's tag asks for
  };
  std::string folder;                 // `dir`, below the log folder when it is relative
  std::string filename = "log.pcap";  // may hold %n, %i, %t; without %t the time is put behind it
  std::uint64_t limit_bytes = std::uint64_t{128} << 20U;  // of a file, before it is compressed
  std::uint64_t max_files = 0;                            // the newest that stay; 0: all
  bool lz4 = false, lz4_checksum = false;
  int lz4_level = 0;
  bool microseconds = false;      // %t is SECONDS.MICROSECONDS
  bool use_stream_depth = false;  // frames of streams that have reached their depth are left out
  bool honor_pass_rules = false;  // frames of flows that a rule passed are left out
  Which which = Which::all;
  // Our own, of `weir.pcap-log`. Frames that are kept for an alert that may come on their flow, of all flows together; 0: none.
  std::size_t before_alert_bytes = std::size_t{32} << 20U;
  // What waits for the disk in a live run.
  std::size_t queue_bytes = std::size_t{64} << 20U;

  // Fails with a text that names the key.
  static tl::expected<PacketLogSettings, std::string> from(const Settings& output, const Settings& own,
                                                           const std::string& log_dir);
};

// What is taken, but means less than with Suricata: one line each.
std::vector<std::string> packet_log_remarks(const Settings& output);

}  // namespace weir::output
