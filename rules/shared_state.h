// State of rules that spans flows: thresholds, xbits and host bits. Sharded by key, each shard under a short lock;
// touched only by rules that use it. Every table has a cap in entries, over which the oldest entries go.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "decoders/ip_address.h"
#include "decoders/types.h"
#include "rules/signature.h"

namespace weir::rules {

// What a threshold says of one match.
struct ThresholdDecision {
  bool alert = true;                       // write the alert
  bool act = true;                         // let its action (drop, flowbits ...) happen; false for suppressed
  std::optional<Action> replacement;       // rate_filter changed the action
};

class SharedState {
 public:
  SharedState();
  ~SharedState();

  // Bits on an address or an address pair (b.family == 0: one address), with an expiry in packet time.
  void set_bit(std::uint32_t id, const IpAddress& a, const IpAddress& b, TimeUs now, std::uint32_t seconds);
  void clear_bit(std::uint32_t id, const IpAddress& a, const IpAddress& b);
  [[nodiscard]] bool bit(std::uint32_t id, const IpAddress& a, const IpAddress& b, TimeUs now) const;

  // Counts one match of `signature` for its tracker and says what becomes of it. `flow_key`: for by_flow.
  ThresholdDecision threshold(const ThresholdSpec& spec, const Signature& signature, const IpAddress& source,
                              const IpAddress& destination, std::uint64_t flow_key, TimeUs now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::rules
