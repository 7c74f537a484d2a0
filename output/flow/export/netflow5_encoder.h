// NetFlow version 5: IPv4, 32-bit counters and uptimes, no templates.
//
// A record that counts more than 32 bits say is sent as several whose sums are right. Records of one message have one sampling
// rate. Without a say in the protocol, and counted: IPv6, rates beyond 14 bits, counters beyond kMostParts records.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "output/flow/export/export_message.h"
#include "output/flow/export/export_settings.h"
#include "output/flow/export/flow_way.h"

namespace weir::output {

class Netflow5Encoder final : public FlowEncoder {
 public:
  static constexpr std::uint64_t kMostParts = 4096;

  // `to` and `interfaces` outlive it.
  Netflow5Encoder(const ExportSettings& settings, std::span<const InterfaceName> interfaces,
                  MessageTaker& to);

  void add(const flow::Record& record, TimeUs now) override;
  void flush(TimeUs now) override;
  void begin_session(TimeUs) override { sequence_ = 0; }
  void end_session(TimeUs now) override { flush(now); }

 private:
  void add_way(const FlowWay& way, TimeUs now);
  void put(const FlowWay& way, std::uint32_t packets, std::uint32_t bytes, TimeUs now);

  const ExportSettings settings_;
  const std::span<const InterfaceName> interfaces_;
  MessageTaker& to_;
  const std::uint32_t most_records_;  // of a message
  std::vector<std::uint8_t> buffer_;
  std::uint32_t records_ = 0;
  ExportTotals flows_;
  std::uint32_t sampling_ = 1, sequence_ = 0;
  std::optional<std::uint64_t> boot_ms_;
};

}  // namespace weir::output
