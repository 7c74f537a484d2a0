#include "engine/app/expected_flows.h"

#include <algorithm>
#include <utility>

#include <xxhash.h>

#include "engine/flow/flow_key.h"

namespace weir::engine {
namespace {

constexpr TimeUs kSecond = 1'000'000;
constexpr TimeUs kSweepEvery = 10 * kSecond;

}  // namespace

std::size_t ExpectedFlows::HashHosts::operator()(const Hosts& hosts) const {
  return static_cast<std::size_t>(XXH3_64bits_withSeed(&hosts, sizeof hosts, process_hash_seed()));
}

ExpectedFlows::Hosts ExpectedFlows::hosts_of(const ExpectedEnds& ends) {
  return {std::min(ends.client, ends.server), std::max(ends.client, ends.server)};
}

bool ExpectedFlows::announce(const ExpectedEnds& ends, std::uint64_t parent, ExpectedFlow flow, TimeUs now) {
  const std::lock_guard lock(lock_);
  if (now >= next_sweep_) drop_all_overdue(now);
  if (size_.load(std::memory_order_relaxed) >= kMaxExpected) return false;
  std::vector<Expected>& list = table_[hosts_of(ends)];
  // The one before it with these ends was in vain.
  size_ -= std::erase_if(list, [&](const Expected& e) { return e.ends == ends; });
  const bool full = list.size() >= kMaxBetweenHosts;
  if (full) {
    list.erase(list.begin());
    --size_;
  }
  const TimeUs until = now + TimeUs{flow.lifetime_s} * kSecond;
  list.push_back({ends, parent, std::move(flow), until});
  ++size_;
  return !full;
}

std::optional<ExpectedFlows::Met> ExpectedFlows::meet(const ExpectedEnds& ends, TimeUs now) {
  const std::lock_guard lock(lock_);
  const auto place = table_.find(hosts_of(ends));
  if (place == table_.end()) return std::nullopt;
  std::vector<Expected>& list = place->second;
  drop_overdue(list, now);
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const Expected& e) { return e.ends == ends; });
  std::optional<Met> out;
  if (found != list.end()) {
    out = Met{std::move(found->flow), found->parent};
    list.erase(found);
    --size_;
  }
  if (list.empty()) table_.erase(place);
  return out;
}

void ExpectedFlows::drop_overdue(std::vector<Expected>& list, TimeUs now) {
  size_ -= std::erase_if(list, [now](const Expected& e) { return e.until < now; });
}

void ExpectedFlows::drop_all_overdue(TimeUs now) {
  next_sweep_ = now + kSweepEvery;
  for (auto place = table_.begin(); place != table_.end();) {
    drop_overdue(place->second, now);
    place = place->second.empty() ? table_.erase(place) : std::next(place);
  }
}

}  // namespace weir::engine
