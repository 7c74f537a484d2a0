#include "rules/state/tags.h"

#include <algorithm>
#include <limits>

namespace weir::rules {
namespace {

constexpr TimeUs kSecond = 1'000'000;

std::uint64_t amount(const Tag& tag, const TaggedPacket& packet) {
  return tag.unit == TagUnit::bytes ? packet.bytes : 1;
}

}  // namespace

void ActiveTags::start(const TagOwner& owner, const Tag& tag, const TaggedPacket& packet) {
  const auto same = std::find_if(tags_.begin(), tags_.end(), [&](const Active& a) { return a.owner == owner; });
  if (same == tags_.end()) {
    if (tags_.size() < kMaxActiveTags)
      tags_.push_back({.owner = owner, .tag = tag, .used = amount(tag, packet), .since = packet.time});
    return;
  }
  if (same->starts == kMaxTagStarts) return;
  ++same->starts;
  same->used = amount(tag, packet);
  same->since = packet.time;
}

TimeUs ActiveTags::last_second() const {
  TimeUs last = std::numeric_limits<TimeUs>::min();
  for (const Active& a : tags_)
    if (a.tag.unit == TagUnit::seconds) last = std::max(last, a.since + TimeUs{a.tag.count} * kSecond);
  return last;
}

bool ActiveTags::count(const TaggedPacket& packet) {
  const auto is_over = [&](Active& a) {
    if (a.tag.unit == TagUnit::seconds) return packet.time - a.since > TimeUs{a.tag.count} * kSecond;
    a.used += amount(a.tag, packet);
    return a.used > a.tag.count;
  };
  tags_.erase(std::remove_if(tags_.begin(), tags_.end(), is_over), tags_.end());
  return !tags_.empty();
}

}  // namespace weir::rules
