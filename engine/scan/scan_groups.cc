#include "engine/scan/scan_groups.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <queue>
#include <set>
#include <span>
#include <tuple>

#include "decoders/net/ip_protocol.h"

namespace weir::engine {
namespace {

using Host = std::array<std::uint8_t, 16>;
using Targets = std::vector<const TriedTarget*>;
using Group = std::span<const TriedTarget* const>;  // with the same port, or of the same host

bool has(const TriedTarget& t, std::uint8_t flag) {
  return (t.flags & flag) != 0;
}

bool is_traceroute(const TriedTarget& t) {
  constexpr std::uint16_t kFirst = 33'434, kLast = 33'534;
  return t.protocol == ip_protocol::udp && t.port >= kFirst && t.port <= kLast;
}

bool gave_answer(const TriedTarget& t) {
  return has(t, contact_flag::answered) || has(t, contact_flag::established);
}

// Neither a try in vain nor one that was given up; health checks give up as well, but try again and again.
bool is_contact(const TriedTarget& t) {
  constexpr std::uint32_t kChecked = 10;
  if (has(t, contact_flag::established) || has(t, contact_flag::stream)) return true;
  return has(t, contact_flag::answered) && (!has(t, contact_flag::half_open) || t.attempts > kChecked);
}

// Only an answer tells whether it was in vain.
bool is_without_flags(const TriedTarget& t) {
  return t.protocol != ip_protocol::tcp || t.method == ScanMethod::null;
}

class Judge {
 public:
  Judge(const Targets& targets, const ScanSettings& settings) : settings_(settings) {
    bool established = false, answered = false;
    for (const TriedTarget* t : targets) {
      if (has(*t, contact_flag::talked)) peers_.insert(t->host);
      established = established || has(*t, contact_flag::established);
      answered = answered || has(*t, contact_flag::answered);
    }
    sees_answers_ = answered || !established;
  }

  // The shortest time in which so much of it was tried that it is a scan; none: it is no scan.
  [[nodiscard]] std::optional<TimeUs> fastest(Group group, ScanKind kind) const {
    const std::uint64_t least = kind == ScanKind::horizontal ? settings_.hosts : settings_.ports;
    if (group.size() < least) return std::nullopt;
    Tally all;
    std::vector<Tried> tried;
    for (const TriedTarget* t : group) {
      if (!has(*t, contact_flag::tried)) {
        ++all.only_answers;
        continue;
      }
      if (is_traceroute(*t)) continue;
      tried.push_back({.first = t->first, .last = t->last, .outcome = outcome_of(*t, kind)});
      all.add(tried.back().outcome);
    }
    if (tried.size() < least) return std::nullopt;
    std::sort(tried.begin(), tried.end(), [](const Tried& x, const Tried& y) { return x.first < y.first; });
    const TimeUs span = shortest(tried, least);
    if (span > settings_.window ||
        !(is_scan(all, least) || is_scan_for_a_time(tried, all.only_answers, least)))
      return std::nullopt;
    return span;
  }

 private:
  enum class Outcome : std::uint8_t { in_vain, met, sampled };
  struct Tried {
    TimeUs first, last;
    Outcome outcome;
  };
  struct Tally {
    std::uint64_t tried = 0, met = 0, sampled = 0, only_answers = 0;
    void add(Outcome outcome, std::uint64_t targets = 1) {
      tried += targets;
      met += outcome == Outcome::met ? targets : 0;
      sampled += outcome == Outcome::sampled ? targets : 0;
    }
    void remove(Outcome outcome) {
      --tried;
      met -= outcome == Outcome::met ? 1 : 0;
      sampled -= outcome == Outcome::sampled ? 1 : 0;
    }
  };

  [[nodiscard]] Outcome outcome_of(const TriedTarget& t, ScanKind kind) const {
    if (is_contact(t) || (kind == ScanKind::horizontal && peers_.contains(t.host)) ||
        (!sees_answers_ && is_without_flags(t)))
      return Outcome::met;
    return has(t, contact_flag::sampled) ? Outcome::sampled : Outcome::in_vain;
  }

  [[nodiscard]] bool is_scan(const Tally& tally, std::uint64_t least) const {
    const std::uint64_t met = tally.met + std::min(tally.sampled, tally.only_answers);
    return tally.tried >= least &&
           static_cast<double>(tally.tried - met) >= settings_.ratio * static_cast<double>(tally.tried);
  }

  // In one of the windows: of what was tried first in it, and what was met before and is still. Windows are whole, so that the first or
  // last hour of a busy day alone says nothing.
  [[nodiscard]] bool is_scan_for_a_time(const std::vector<Tried>& tried, std::uint64_t only_answers,
                                        std::uint64_t least) const {
    const TimeUs last_begin = tried.back().first - settings_.window;
    Tally in_window{.only_answers = only_answers};
    std::priority_queue<TimeUs, std::vector<TimeUs>, std::greater<>> met_before;  // until when
    std::size_t end = 0;
    for (const Tried& oldest : tried) {
      const TimeUs begin = std::min(oldest.first, last_begin);
      for (; end < tried.size() && tried[end].first <= begin + settings_.window; ++end)
        in_window.add(tried[end].outcome);
      while (!met_before.empty() && met_before.top() < begin) met_before.pop();
      Tally with_older = in_window;
      with_older.add(Outcome::met, met_before.size());
      if (in_window.tried >= least && is_scan(with_older, least)) return true;
      if (begin == last_begin) return false;
      in_window.remove(oldest.outcome);
      if (oldest.outcome == Outcome::met) met_before.push(oldest.last);
    }
    return false;
  }

  // In which so many were tried first.
  static TimeUs shortest(const std::vector<Tried>& tried, std::uint64_t count) {
    TimeUs out = tried.back().first - tried.front().first;
    for (std::size_t i = count - 1; i < tried.size(); ++i)
      out = std::min(out, tried[i].first - tried[i + 1 - count].first);
    return out;
  }

  const ScanSettings& settings_;
  std::set<Host> peers_;      // hosts that the source talked with
  bool sees_answers_ = true;  // no: connections were made, and yet no answer was ever recorded
};

// Splits what is sorted.
template <class Same, class Visit>
void for_each_group(const Targets& targets, const Same& same, const Visit& visit) {
  for (std::size_t begin = 0, end = 0; begin < targets.size(); begin = end) {
    while (end < targets.size() && same(*targets[begin], *targets[end])) ++end;
    visit(Group(targets).subspan(begin, end - begin));
  }
}

struct ScannedGroup {
  Group targets;
  TimeUs fastest;
};
using ScannedGroups = std::vector<ScannedGroup>;

ScannedGroups groups_of(Targets& targets, ScanKind kind, const Judge& judge) {
  ScannedGroups out;
  const auto keep = [&](Group group) {
    if (const auto fastest = judge.fastest(group, kind)) out.push_back({group, *fastest});
  };
  if (kind == ScanKind::horizontal) {
    const auto key = [](const TriedTarget& t) { return std::tie(t.protocol, t.port); };
    std::sort(targets.begin(), targets.end(),
              [&](const auto* a, const auto* b) { return key(*a) < key(*b); });
    for_each_group(
        targets, [&](const auto& a, const auto& b) { return key(a) == key(b); }, keep);
  } else {
    const auto key = [](const TriedTarget& t) { return std::tie(t.protocol, t.host); };
    std::sort(targets.begin(), targets.end(),
              [&](const auto* a, const auto* b) { return key(*a) < key(*b); });
    for_each_group(
        targets, [&](const auto& a, const auto& b) { return key(a) == key(b); }, keep);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.targets.size() > b.targets.size(); });
  return out;
}

// Hosts, or ports of a protocol, without those that are the same in several groups.
std::uint64_t distinct(const ScannedGroups& groups, ScanKind kind) {
  if (kind == ScanKind::horizontal) {
    std::vector<Host> hosts;
    for (const ScannedGroup& group : groups)
      for (const TriedTarget* t : group.targets)
        if (has(*t, contact_flag::tried)) hosts.push_back(t->host);
    std::sort(hosts.begin(), hosts.end());
    return static_cast<std::uint64_t>(std::unique(hosts.begin(), hosts.end()) - hosts.begin());
  }
  std::vector<std::uint32_t> ports;
  for (const ScannedGroup& group : groups)
    for (const TriedTarget* t : group.targets)
      if (has(*t, contact_flag::tried)) ports.push_back(std::uint32_t{t->port} << 8U | t->protocol);
  std::sort(ports.begin(), ports.end());
  return static_cast<std::uint64_t>(std::unique(ports.begin(), ports.end()) - ports.begin());
}

void count(Scan& scan, const ScannedGroups& groups) {
  std::array<std::uint64_t, kScanMethods> methods{};
  bool begun = false;
  scan.fastest = groups.front().fastest;
  for (const ScannedGroup& group : groups) {
    scan.fastest = std::min(scan.fastest, group.fastest);
    for (const TriedTarget* t : group.targets) {
      if (!has(*t, contact_flag::tried)) continue;
      if (!begun || t->last > scan.last) {
        scan.example = {.bytes = t->host, .family = scan.source.family};
        scan.example_port = t->port;
      }
      ++methods[static_cast<std::size_t>(t->method)];
      scan.attempts += t->attempts;
      if (gave_answer(*t)) ++scan.answered;
      scan.first = begun ? std::min(scan.first, t->first) : t->first;
      scan.last = std::max(scan.last, t->last);
      begun = true;
    }
  }
  scan.method = static_cast<ScanMethod>(std::max_element(methods.begin(), methods.end()) - methods.begin());
}

std::optional<Scan> scan_of(const IpAddress& source, const SourceTally& tally, Targets& targets,
                            ScanKind kind, const Judge& judge) {
  const ScannedGroups groups = groups_of(targets, kind, judge);
  if (groups.empty()) return std::nullopt;
  Scan scan;
  scan.source = source;
  scan.kind = kind;
  scan.protocol = groups.front().targets.front()->protocol;
  scan.targets = distinct(groups, kind);
  if (const SourceTally::Estimate* const estimate = tally.estimate()) {
    const HyperLogLog& all = kind == ScanKind::horizontal ? estimate->hosts : estimate->ports;
    scan.is_estimated = true;
    scan.targets = std::max(scan.targets, all.estimate());
  }
  for (const ScannedGroup& group : std::span(groups).first(std::min(groups.size(), Scan::kMostNamed))) {
    const TriedTarget& any = *group.targets.front();
    if (kind == ScanKind::vertical)
      scan.hosts.push_back({.bytes = any.host, .family = source.family});
    else if (!ip_protocol::is_icmp(any.protocol))
      scan.ports.push_back(any.port);
  }
  count(scan, groups);
  return scan;
}

}  // namespace

std::string_view scan_kind_name(ScanKind kind) {
  return kind == ScanKind::horizontal ? "horizontal" : "vertical";
}

std::vector<Scan> scans_of(const IpAddress& source, const SourceTally& tally, const ScanSettings& settings) {
  Targets targets = tally.targets();
  const Judge judge(targets, settings);
  std::vector<Scan> out;
  for (const ScanKind kind : {ScanKind::horizontal, ScanKind::vertical})
    if (auto scan = scan_of(source, tally, targets, kind, judge)) out.push_back(std::move(*scan));
  return out;
}

}  // namespace weir::engine
