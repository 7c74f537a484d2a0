#include "output/packet_log.h"

#include <filesystem>

#include <fmt/format.h>

#include "output/packet_names.h"
#include "output/pcap_format.h"

namespace weir::output {

tl::expected<std::unique_ptr<PacketLog>, std::string> PacketLog::open(PacketLogSettings settings) {
  std::error_code error;
  if (!settings.folder.empty()) std::filesystem::create_directories(settings.folder, error);
  if (error) return tl::unexpected(fmt::format("pcap-log: {}: {}", settings.folder, error.message()));
  return std::make_unique<PacketLog>(std::move(settings));
}

PacketLog::PacketLog(PacketLogSettings settings)
    : settings_(std::move(settings)),
      files_(settings_,
             settings_.max_files != 0 ? earlier_packet_files(settings_) : std::deque<std::string>{}) {}

PacketLog::Place PacketLog::place(const RawPacket& raw) {
  const std::uint64_t size = kPcapRecordHeaderBytes + raw.bytes.size();
  const bool same_type = path_.empty() || link_type_ == raw.link_type;
  if (!same_type && type_changes_++ >= kMaxTypeChanges) {
    other_type_.fetch_add(1, std::memory_order_relaxed);
    return Place::nowhere;
  }
  const bool fits = !path_.empty() && same_type && placed_bytes_ + size <= settings_.limit_bytes;
  if (!fits) {
    path_ = packet_file_name(settings_, raw.time, path_);
    link_type_ = raw.link_type;
    placed_bytes_ = kPcapFileHeaderBytes;
  }
  placed_bytes_ += size;
  return fits ? Place::here : Place::new_file;
}

void PacketLog::write(const RawPacket& raw) {
  const Place where = place(raw);
  if (where == Place::new_file) files_.begin(path_, raw.link_type);
  if (where != Place::nowhere) files_.write(raw);
}

void PacketLog::append_counters(std::vector<CounterValue>& values) const {
  const PacketLogCounters counters = files_.counters();
  values.emplace_back("pcap_log.written", counters.packets);
  values.emplace_back("weir.pcap_log.bytes", counters.bytes);
  values.emplace_back("weir.pcap_log.files", counters.files);
  values.emplace_back("weir.pcap_log.files_removed", counters.removed);
  values.emplace_back("weir.pcap_log.before_alert", before_alert.load(std::memory_order_relaxed));
  values.emplace_back("weir.pcap_log.before_alert_memory",
                      settings_.which == PacketLogSettings::Which::alerts ? settings_.before_alert_bytes : 0);
  values.emplace_back("weir.pcap_log.lost.write_error", counters.write_errors);
  values.emplace_back("weir.pcap_log.lost.queue_full", queue_full.load(std::memory_order_relaxed));
  values.emplace_back("weir.pcap_log.lost.link_type", other_type_.load(std::memory_order_relaxed));
}

void PacketLog::close(std::vector<std::string>& errors) {
  files_.close();
  if (const std::uint64_t n = other_type_.load(std::memory_order_relaxed); n != 0)
    errors.push_back(fmt::format(
        "pcap-log: {} packets are in no file: link types took turns more than {} times", n, kMaxTypeChanges));
  const std::uint64_t lost = files_.counters().write_errors;
  const std::string error = files_.first_error();
  if (lost != 0 || !error.empty())
    errors.push_back(fmt::format("pcap-log: {} packet{} not written: {}", lost, lost == 1 ? "" : "s", error));
  const std::uint64_t no_room = queue_full.load();
  if (no_room != 0)
    errors.push_back(
        fmt::format("pcap-log: {} packet{} not written: the disk is too slow (weir.pcap-log.queue-size)",
                    no_room, no_room == 1 ? "" : "s"));
}

}  // namespace weir::output
