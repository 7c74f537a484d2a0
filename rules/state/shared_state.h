// State of rules that spans flows: thresholds, xbits, host bits and tags of hosts. Sharded by key, each shard under a
// short lock; touched only by rules that use it. Every table has a cap in entries, over which those go that were used longest ago.
//
// What comes out depends on nothing but the order of the calls: time is packet time throughout.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "decoders/ip_address.h"
#include "decoders/types.h"
#include "rules/compile/signature.h"
#include "rules/state/tags.h"

namespace weir::rules {

// What a threshold says of one match. The rule's effects (flowbits ...) happen in any case.
struct ThresholdDecision {
  bool alert = true;                  // write the alert
  bool act = true;                    // let its action (drop, reject, pass) happen
  std::optional<Action> replacement;  // rate_filter changed the action (a drop of its own has its own reason in EVE)
};

// Whom a match is counted for.
struct ThresholdTracker {
  IpAddress source, destination;
  std::uint64_t flow_key = 0;  // Flow::id; 0 without a flow, where by_flow does not limit anything
};

// What a threshold's answer is good for. Both kinds are counted apart, as they may be asked at different times: lines
// when the log is put in order, verdicts when the packet is there.
enum class ThresholdUse : std::uint8_t { verdict, line };

class SharedState {
 public:
  SharedState();
  ~SharedState();
  SharedState(const SharedState&) = delete;
  SharedState& operator=(const SharedState&) = delete;

  // Bits on an address or an address pair (b.family == 0: one address). A pair is the same in both orders. A bit is
  // set up to `seconds` after `now`, for good when that is 0; setting it again starts anew.
  void set_bit(std::uint32_t id, const IpAddress& a, const IpAddress& b, TimeUs now, std::uint32_t seconds);
  void clear_bit(std::uint32_t id, const IpAddress& a, const IpAddress& b);
  [[nodiscard]] bool bit(std::uint32_t id, const IpAddress& a, const IpAddress& b, TimeUs now) const;
  // Sets the bit when it is not set and clears it otherwise, in one step.

  // Tags on a host: see ActiveTags. Those that count packets or bytes end, too, once
  // kTagIdleSeconds went by without a packet of the host.
  void tag_host(const IpAddress& host, const TagOwner& owner, const Tag& tag, const TaggedPacket& packet);
  // A packet from or to the host came: true when a tag of it asks for it.
  bool count_tagged(const IpAddress& host, const TaggedPacket& packet);

  // All that the signature's thresholds say of one match: suppress, then detection_filter, threshold and rate_filter,
  // each of which counts only what those before it let through. Call it once a match, and only when
  // signature.has_thresholds().
  ThresholdDecision decide(const Signature& signature, const ThresholdTracker& tracker, TimeUs now,
                           ThresholdUse use = ThresholdUse::verdict);

  // Counts one match for one threshold (a part of decide).
  //   limit             alerts for the first `count` matches of a window of `seconds`; acts on every match
  //   threshold         alerts and acts on every count-th match within a window
  //   both              alerts once a window, at the count-th match; acts from there on
  //   backoff           alerts at match count, count*multiplier, count*multiplier^2 ...; acts from the first alert on
  //   detection_filter  alerts and acts on every match after `count` of them in a window
  // A window starts with a match; the next one starts with the first match more than `seconds` later.
  ThresholdDecision threshold(const ThresholdSpec& spec, const Signature& signature, const ThresholdTracker& tracker,
                              TimeUs now, ThresholdUse use = ThresholdUse::verdict);

 private:
  std::optional<Action> rate_filter(const RateFilter& filter, const Signature& signature,
                                    const ThresholdTracker& tracker, TimeUs now, ThresholdUse use);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Over all shards; about 150 bytes each.
inline constexpr std::size_t kMaxSharedBits = 262'144;
inline constexpr std::size_t kMaxThresholdCounters = 262'144;  // of each ThresholdUse
inline constexpr std::size_t kMaxTaggedHosts = 65'536;
inline constexpr std::uint32_t kTagIdleSeconds = 600;

}  // namespace weir::rules
