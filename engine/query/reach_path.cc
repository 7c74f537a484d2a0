#include "engine/query/reach_path.h"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

namespace weir::engine {
namespace {

// Milliseconds behind the first point.
TimeUs lag_ms(const PointFacts& facts) {
  constexpr TimeUs kMillisecondUs = 1000;
  if (facts.lags == 0) return 0;
  const TimeUs mean = facts.lag_sum_us / static_cast<TimeUs>(facts.lags);
  return (mean + kMillisecondUs / 2) / kMillisecondUs;
}

std::map<PointName, TimeUs> lags_of(const ServiceFacts& facts) {
  std::map<PointName, TimeUs> out;
  for (const auto& [name, point] : facts.points) out.emplace(name, lag_ms(point));
  return out;
}

bool all_have_ttls(const std::vector<PathStep>& steps) {
  std::set<std::uint8_t> different;
  for (const PathStep& step : steps) different.insert(step.facts.ttl);
  return different.size() == steps.size() && !different.contains(0);
}

void sort_steps(std::vector<PathStep>& steps, const ServiceFacts& facts) {
  if (all_have_ttls(steps)) {
    std::sort(steps.begin(), steps.end(),
              [](const PathStep& a, const PathStep& b) { return a.facts.ttl > b.facts.ttl; });
    return;
  }
  // Of a point that tells nothing it is likeliest that packets were lost before it.
  constexpr TimeUs kFarthest = std::numeric_limits<TimeUs>::max();
  const std::map<PointName, TimeUs> lags = lags_of(facts);
  const auto place = [&](const PathStep& step) {
    const auto lag = lags.find(step.name);
    return std::tuple(lag == lags.end() ? kFarthest : lag->second, step.name.domain, step.name.exporter);
  };
  std::sort(steps.begin(), steps.end(),
            [&](const PathStep& a, const PathStep& b) { return place(a) < place(b); });
}

}  // namespace

ReachPath path_of(const ServiceFacts& now, const ServiceFacts* past, const Blockers& blockers) {
  ReachPath out;
  std::map<PointName, PointFacts> points = now.points;
  if (past != nullptr)
    for (const auto& [name, facts] : past->points) points.try_emplace(name);
  for (auto& [name, facts] : points) {
    const auto ttl = blockers.ttls.find(name);
    if (ttl != blockers.ttls.end()) facts.ttl = ttl->second;
    const auto hops = blockers.next_hops.find(name);
    if (hops != blockers.next_hops.end()) facts.next_hops = hops->second;
    out.steps.push_back({.name = name, .facts = facts});
  }
  const bool is_known_from_past = past != nullptr && past->points.size() >= now.points.size();
  sort_steps(out.steps, is_known_from_past ? *past : now);
  for (std::size_t i = 0; i < out.steps.size(); ++i) {
    if (out.steps[i].facts.ahead.records != 0) out.last_seen = out.lost_behind = i;
    if (out.steps[i].facts.back.records != 0 && !out.answer_lost_behind) out.answer_lost_behind = i;
  }
  if (out.lost_behind && *out.lost_behind + 1 == out.steps.size()) out.lost_behind.reset();
  if (out.answer_lost_behind == std::size_t{0}) out.answer_lost_behind.reset();
  return out;
}

}  // namespace weir::engine
