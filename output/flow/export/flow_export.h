// Sends flow records to collectors: --flow-export.
//
// A collector that is away costs the thread nothing: what cannot be sent is counted (export_sender.h). Nothing is allocated for a
// record.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "output/flow/export/export_settings.h"
#include "output/flow/record_outputs.h"

namespace weir::output {

class FlowExport final : public RecordOutput {
 public:
  // What time messages have: that of the system in a live run, that of the packets in one over captures.
  enum class Time : std::uint8_t { system, packets };

  // Opens files and sockets, and looks names up: the run is confined afterwards. Fails with a text that names what.
  static tl::expected<std::unique_ptr<FlowExport>, std::string> open(FlowExportSettings settings, Time time);
  ~FlowExport() override;
  FlowExport(const FlowExport&) = delete;
  FlowExport& operator=(const FlowExport&) = delete;

  void take(std::span<const flow::Record> records) override;
  // Sends records that wait for others to fill a message, if the settings say so once in a second of ours; connects, and begins
  // files.
  void tick(TimeUs now) override;
  [[nodiscard]] bool is_behind() const override;
  [[nodiscard]] bool wants_fingerprints() const override;
  // Waits for collectors that are slow, as long as the settings say.
  void close(std::vector<std::string>& errors) override;
  void append_notes(std::vector<std::string>& notes) const override;
  void note_unseen(std::uint64_t packets) override {
    missed_.packets.store(packets, std::memory_order_relaxed);
  }
  void note_lost(std::uint64_t records) override { missed_.records = records; }
  // "weir.flow_export.records" ...
  void append_counters(std::vector<CounterValue>& values) const override;

 private:
  class Link;
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kFlushEvery{1}, kAllGoodbyes{1};
  // Before it came here.
  struct Missed {
    std::atomic<std::uint64_t> packets{0};
    std::uint64_t records = 0;
  };
  // Of all links, for other threads.
  struct Published {
    std::atomic<std::uint64_t> messages{0}, bytes{0}, flows{0}, lost{0}, left_out{0};
  };

  FlowExport(FlowExportSettings settings, Time time);
  template <class F>
  void for_each_link(F&& f) const;
  [[nodiscard]] TimeUs now() const;
  void publish();

  const FlowExportSettings settings_;
  const Time time_;
  TimeUs latest_ = 0;  // of packets, as far as is known
  Clock::time_point next_flush_{};
  std::vector<std::unique_ptr<Link>> files_, collectors_;
  Published published_;
  Missed missed_;
};

}  // namespace weir::output
