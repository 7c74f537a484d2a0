#include "rules/state/shared_state.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>

#include <xxhash.h>

#include "rules/state/sharded_table.h"

namespace weir::rules {
namespace {

constexpr TimeUs kForever = std::numeric_limits<TimeUs>::max();

TimeUs after(TimeUs now, std::uint64_t seconds) {
  return now + static_cast<TimeUs>(seconds) * 1'000'000;
}

struct Bit {
  TimeUs expires = std::numeric_limits<TimeUs>::min();
};

// One counter of a threshold or rate filter.
struct Counter {
  TimeUs expires = kForever;
  TimeUs window_end = std::numeric_limits<TimeUs>::min();
  TimeUs active_until = std::numeric_limits<TimeUs>::min();  // rate_filter
  std::uint64_t count = 0;
  std::uint64_t next = 0;  // backoff: the match that alerts next
};

struct HostTags {
  TimeUs expires = std::numeric_limits<TimeUs>::min();
  ActiveTags tags;
  void used(TimeUs now) { expires = std::max(after(now, kTagIdleSeconds), tags.last_second()); }
};

enum class CounterKind : std::uint8_t { threshold, detection_filter, rate_filter };

void put(const IpAddress& a, std::uint64_t& high, std::uint64_t& low) {
  std::memcpy(&high, a.bytes.data(), 8);
  std::memcpy(&low, a.bytes.data() + 8, 8);
}

// Key of something kept for one address, or for a pair in either order.
TableKey address_key(const IpAddress& a, const IpAddress& b, std::uint64_t owner, std::uint64_t flow,
                     std::uint8_t kind) {
  const bool swapped = b.family != 0 && b < a;
  TableKey key;
  put(swapped ? b : a, key.words[0], key.words[1]);
  put(swapped ? a : b, key.words[2], key.words[3]);
  key.words[4] = owner;
  key.words[5] = flow;
  key.words[6] = (std::uint64_t{kind} << 16U) | (std::uint64_t{(swapped ? b : a).family} << 8U) |
                 (swapped ? a : b).family;
  return key;
}

TableKey counter_key(CounterKind kind, ThresholdTrack track, const Signature& s, const ThresholdTracker& t) {
  const std::uint64_t owner = (std::uint64_t{s.meta.gid} << 32U) | s.meta.sid;
  const auto k = static_cast<std::uint8_t>(kind);
  switch (track) {
    case ThresholdTrack::by_src: return address_key(t.source, {}, owner, 0, k);
    case ThresholdTrack::by_dst: return address_key(t.destination, {}, owner, 0, k);
    case ThresholdTrack::by_both: return address_key(t.source, t.destination, owner, 0, k);
    case ThresholdTrack::by_flow: return address_key({}, {}, owner, t.flow_key, k);
    case ThresholdTrack::by_rule: break;
  }
  return address_key({}, {}, owner, 0, k);
}

constexpr ThresholdDecision kSilent{.alert = false, .act = true};
constexpr ThresholdDecision kNothing{.alert = false, .act = false};

ThresholdDecision count_backoff(Counter& c, const ThresholdSpec& spec) {
  ++c.count;
  if (c.next == 0) c.next = spec.count;
  if (c.count < spec.count) return kNothing;
  if (c.count < c.next) return kSilent;
  const std::uint64_t factor = std::max<std::uint32_t>(spec.multiplier, 1);
  c.next = c.next > UINT64_MAX / factor ? UINT64_MAX : c.next * factor;
  if (c.next <= c.count) c.next = c.count + 1;
  return {};
}

// Counts within a window: true when this match began a new one.
bool count_in_window(Counter& c, std::uint32_t seconds, TimeUs now) {
  const bool fresh = c.count == 0 || now > c.window_end;
  c.count = fresh ? 1 : c.count + 1;
  if (fresh) c.window_end = c.expires = after(now, seconds);
  return fresh;
}

ThresholdDecision count_match(Counter& c, const ThresholdSpec& spec, TimeUs now) {
  if (spec.type == ThresholdType::backoff) return count_backoff(c, spec);
  count_in_window(c, spec.seconds, now);
  switch (spec.type) {
    case ThresholdType::limit: return c.count <= spec.count ? ThresholdDecision{} : kSilent;
    case ThresholdType::threshold:
      if (c.count % std::max<std::uint32_t>(spec.count, 1) != 0) return kNothing;
      return {};
    case ThresholdType::both:
      if (c.count == spec.count) return {};
      return c.count > spec.count ? kSilent : kNothing;
    case ThresholdType::detection_filter: return c.count > spec.count ? ThresholdDecision{} : kNothing;
    case ThresholdType::backoff: break;
  }
  return {};
}

bool suppresses(const Suppression& s, const ThresholdTracker& t) {
  if (s.addresses == nullptr) return true;
  const bool source = s.track != Suppression::Track::destination && s.addresses->contains(t.source);
  return source || (s.track != Suppression::Track::source && s.addresses->contains(t.destination));
}

}  // namespace

std::size_t TableKeyHash::operator()(const TableKey& key) const {
  static const std::uint64_t seed = [] {
    std::random_device random;
    return (std::uint64_t{random()} << 32U) | random();
  }();
  return XXH3_64bits_withSeed(key.words.data(), sizeof key.words, seed);
}

struct SharedState::Impl {
  ShardedTable<Bit> bits{kMaxSharedBits};
  ShardedTable<HostTags> host_tags{kMaxTaggedHosts};
  ShardedTable<Counter> verdict_counters{kMaxThresholdCounters}, line_counters{kMaxThresholdCounters};
  ShardedTable<Counter>& counters(ThresholdUse use) {
    return use == ThresholdUse::line ? line_counters : verdict_counters;
  }
};

SharedState::SharedState() : impl_(std::make_unique<Impl>()) {}
SharedState::~SharedState() = default;

void SharedState::set_bit(std::uint32_t id, const IpAddress& a, const IpAddress& b, TimeUs now,
                          std::uint32_t seconds) {
  impl_->bits.with(address_key(a, b, id, 0, 0), now,
                   [&](Bit& bit) { bit.expires = seconds == 0 ? kForever : after(now, seconds); });
}

void SharedState::clear_bit(std::uint32_t id, const IpAddress& a, const IpAddress& b) {
  impl_->bits.erase(address_key(a, b, id, 0, 0));
}

bool SharedState::bit(std::uint32_t id, const IpAddress& a, const IpAddress& b, TimeUs now) const {
  return impl_->bits.look(address_key(a, b, id, 0, 0), now,
                          [&](const Bit* bit) { return bit != nullptr && now <= bit->expires; });
}

void SharedState::tag_host(const IpAddress& host, const TagOwner& owner, const Tag& tag,
                           const TaggedPacket& packet) {
  impl_->host_tags.with(address_key(host, {}, 0, 0, 0), packet.time, [&](HostTags& on_host) {
    on_host.tags.start(owner, tag, packet);
    on_host.used(packet.time);
  });
}

bool SharedState::count_tagged(const IpAddress& host, const TaggedPacket& packet) {
  return impl_->host_tags.change(address_key(host, {}, 0, 0, 0), packet.time, [&](HostTags* on_host) {
    if (on_host == nullptr || !on_host->tags.count(packet)) return false;
    on_host->used(packet.time);
    return true;
  });
}

ThresholdDecision SharedState::threshold(const ThresholdSpec& spec, const Signature& signature,
                                         const ThresholdTracker& tracker, TimeUs now, ThresholdUse use) {
  if (spec.track == ThresholdTrack::by_flow && tracker.flow_key == 0) return {};
  const auto kind =
      spec.type == ThresholdType::detection_filter ? CounterKind::detection_filter : CounterKind::threshold;
  return impl_->counters(use).with(counter_key(kind, spec.track, signature, tracker), now,
                              [&](Counter& c) { return count_match(c, spec, now); });
}

std::optional<Action> SharedState::rate_filter(const RateFilter& filter, const Signature& signature,
                                               const ThresholdTracker& tracker, TimeUs now,
                                               ThresholdUse use) {
  if (filter.track == ThresholdTrack::by_flow && tracker.flow_key == 0) return std::nullopt;
  const TableKey key = counter_key(CounterKind::rate_filter, filter.track, signature, tracker);
  return impl_->counters(use).with(key, now, [&](Counter& c) -> std::optional<Action> {
    if (now <= c.active_until) return filter.new_action;
    count_in_window(c, filter.seconds, now);
    if (c.count <= filter.count) return std::nullopt;
    c.active_until = after(now, filter.timeout_s);
    c.expires = std::max(c.expires, c.active_until);
    return filter.new_action;
  });
}

ThresholdDecision SharedState::decide(const Signature& signature, const ThresholdTracker& tracker,
                                      TimeUs now, ThresholdUse use) {
  for (const Suppression& s : signature.suppressions)
    if (suppresses(s, tracker)) return kSilent;
  ThresholdDecision decision;
  for (const auto* spec : {&signature.detection_filter, &signature.threshold}) {
    if (!spec->has_value()) continue;
    decision = threshold(**spec, signature, tracker, now, use);
    if (!decision.alert) return decision;
  }
  if (signature.rate_filter)
    decision.replacement = rate_filter(*signature.rate_filter, signature, tracker, now, use);
  return decision;
}

}  // namespace weir::rules
