// The log of packets: `outputs: - pcap-log:`. Which frames it gets is decided by output/packet_chooser.h.
//
// Which file a frame goes to is settled when it is handed in, so that an alert can name it; the files themselves may be written
// later by a thread (PacketQueue).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "output/packet_log_settings.h"
#include "output/packet_tap.h"
#include "output/pcap_files.h"
#include "output/records.h"

namespace weir::output {

class PacketLog final : public PacketOut {
 public:
  // Makes the folder. Fails with a text that names it.
  static tl::expected<std::unique_ptr<PacketLog>, std::string> open(PacketLogSettings settings);
  explicit PacketLog(PacketLogSettings settings);

  [[nodiscard]] const PacketLogSettings& settings() const { return settings_; }
  // Used by one thread at a time, like the next two.
  void write(const RawPacket& raw) override;
  [[nodiscard]] std::string_view file() override { return path_; }
  // Where the frame goes: on in file(), to a new file(), which it begins, or to none, which is counted: a file has one link type,
  // and no more than kMaxTypeChanges files begin for want of theirs, so that frames of two types in turn do not make a file each.
  enum class Place : std::uint8_t { here, new_file, nowhere };
  Place place(const RawPacket& raw);
  static constexpr unsigned kMaxTypeChanges = 1024;

  [[nodiscard]] PcapFiles& files() { return files_; }
  // Those that came out of the ring because of an alert behind them; counted by any thread.
  std::atomic<std::uint64_t> before_alert{0};
  std::atomic<std::uint64_t> queue_full{0};  // frames that found no room on their way to the files
  // What a run says of it in stats events: "pcap_log.written", "weir.pcap_log.bytes" ...
  void append_counters(std::vector<CounterValue>& values) const;
  // Writes out what is gathered, and tells what was lost.
  void close(std::vector<std::string>& errors);

 private:
  const PacketLogSettings settings_;
  PcapFiles files_;
  std::string path_;  // of the file that frames go to; empty: none yet
  int link_type_ = -1;
  unsigned type_changes_ = 0;
  std::atomic<std::uint64_t> other_type_{0};  // frames that went nowhere
  std::uint64_t placed_bytes_ = 0;  // in it
};

}  // namespace weir::output
