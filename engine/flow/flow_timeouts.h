// `flow:` and `flow-timeouts:`: how long flows live and how much memory they may take. Suricata's keys and
// defaults.
#pragma once

#include <array>
#include <cstdint>

#include "decoders/settings.h"
#include "engine/flow/flow_key.h"

namespace weir::engine {

enum class FlowClass : std::uint8_t { other, tcp, udp, icmp };
FlowClass flow_class(std::uint8_t protocol);  // of IP

// Idle seconds after which a flow ends, by FlowState.
using StateTimeouts = std::array<std::int64_t, 4>;

struct FlowTableSettings {
  std::uint64_t memcap_bytes = 128ULL << 20U;  // of one table: share it out when there are several workers
  std::uint32_t hash_size = 65536, prealloc = 10000;
  std::uint32_t emergency_recovery_percent = 30;  // emergency ends when this share of the memcap is free
  std::uint64_t ended_memory = 16384;  // flows that are remembered after their end; beside the memcap
  bool metered = false;                // each flow gets a FlowMeter, which counts as its memory
  std::uint16_t metered_payload = 0;   // first bytes of each direction that it keeps
  std::array<std::int64_t, 4>
      report_every_s{};  // by FlowClass: seconds after which a part of a record is due; 0: none is
  bool any_makes_room = false;  // at the memcap, not only a SYN is worth that another flow goes
  FlowKeyOptions key;
  // By FlowClass, then FlowState: new, established, closed, bypassed. What Suricata takes when its file says
  // nothing.
  std::array<StateTimeouts, 4> timeout_s{
      {{30, 300, 0, 100}, {30, 300, 10, 100}, {30, 300, 0, 100}, {30, 300, 0, 100}}};
  std::array<StateTimeouts, 4> emergency_timeout_s{
      {{10, 100, 0, 50}, {10, 100, 5, 50}, {10, 100, 0, 50}, {10, 100, 0, 50}}};

  // `root` is the whole configuration.
  static FlowTableSettings from(const Settings& root);
};

}  // namespace weir::engine
