#include "engine/query/reach_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "decoders/address_text.h"
#include "decoders/packet.h"
#include "engine/query/answer_text.h"

namespace weir::engine {
namespace {

// "192.0.2.3/3"; of a run's own packets "here".
std::string name_text(const PointName& name) {
  if (name.exporter.family == 0 && name.domain == 0) return "here";
  if (name.exporter.family == 0) return fmt::format("domain {}", name.domain);
  return fmt::format("{}/{}", short_text(name.exporter), name.domain);
}

std::string what_happened(const ServiceFacts& f) {
  const std::string packets = count_text(f.ahead.packets, "packet", "packets");
  if (f.answered != 0 && f.answered == f.attempts)
    return fmt::format("ANSWERED, {}, {}, {} back", count_text(f.attempts, "flow", "flows"), packets,
                       f.back.packets);
  if (f.answered != 0)
    return fmt::format("ANSWERED IN PART, {} of {} flows, {}, {} back", f.answered, f.attempts, packets,
                       f.back.packets);
  const std::string attempts = count_text(f.attempts, "attempt", "attempts");
  if (f.refused != 0) return fmt::format("REFUSED, {}, {} of them reset, {}", attempts, f.refused, packets);
  const bool only_syn = f.ahead.tcp_flags == tcp_flag::syn;
  return fmt::format("NOT ANSWERED, {}{}, {}", attempts, only_syn ? " (SYN only)" : "", packets);
}

// Columns of the path: as wide as the widest.
struct StepTexts {
  std::string name, times, seen, reply, mark;
};

void pad(std::string& line, std::size_t to) {
  if (line.size() < to) line.resize(to, ' ');
}

// Where the last point that saw packets has sent them.
std::string next_hop_text(const ReachStory& story, std::size_t step) {
  const bool is_answered = story.now->answered == story.now->attempts;
  if (is_answered || story.path.last_seen != step) return {};
  const std::set<IpAddress>& hops = story.path.steps[step].facts.next_hops;
  std::vector<IpAddress> listed(hops.begin(), hops.end());
  mix_when_hidden(listed, story.is_hidden);
  std::string out;
  for (const IpAddress& hop : listed) out += (out.empty() ? "-> sent on to " : ", ") + short_text(hop);
  return out;
}

std::string mark_of(const ReachPath& path, std::size_t step) {
  if (path.lost_behind && step == *path.lost_behind + 1)
    return fmt::format("<- lost between {} and {}", name_text(path.steps[step - 1].name),
                       name_text(path.steps[step].name));
  if (path.answer_lost_behind && step + 1 == *path.answer_lost_behind)
    return fmt::format("<- answers lost between {} and {}", name_text(path.steps[step + 1].name),
                       name_text(path.steps[step].name));
  return {};
}

std::vector<std::string> path_lines(const ReachStory& story) {
  const auto& steps = story.path.steps;
  const Seen& all = story.now->ahead.records != 0 ? story.now->ahead : story.now->back;
  const bool with_date = !is_same_day(all.first, all.last);
  std::vector<StepTexts> rows;
  std::size_t name = 0, times = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Seen &ahead = steps[i].facts.ahead, &back = steps[i].facts.back;
    const Seen& told = ahead.records != 0 ? ahead : back;
    StepTexts row{.name = name_text(steps[i].name),
                  .times = told.records == 0 ? ""
                                             : fmt::format("{} - {}", clock_text(told.first, with_date),
                                                           clock_text(told.last, with_date)),
                  .seen = ahead.records != 0 ? "seen" : "not seen",
                  .reply = back.records != 0    ? "reply"
                           : ahead.records != 0 ? "no reply"
                                                : "",
                  .mark = mark_of(story.path, i)};
    if (const std::string hop = next_hop_text(story, i); !hop.empty())
      row.mark += (row.mark.empty() ? "" : "  ") + hop;
    name = std::max(name, row.name.size());
    times = std::max(times, row.times.size());
    rows.push_back(std::move(row));
  }
  std::vector<std::string> out;
  for (const StepTexts& row : rows) {
    std::string line = "  " + row.name;
    for (const auto& [text, at] :
         {std::pair{row.times, name + 5}, std::pair{row.seen, name + times + 8},
          std::pair{row.reply, name + times + 19}, std::pair{row.mark, name + times + 30}})
      if (!text.empty()) {
        pad(line, at);
        line += text;
      }
    out.push_back(std::move(line));
  }
  return out;
}

void add_addresses(std::vector<std::string>& lines, const char* title, const std::set<IpAddress>& addresses,
                   bool is_hidden) {
  if (addresses.empty()) return;
  std::string line = title;
  std::vector<IpAddress> listed(addresses.begin(), addresses.end());
  mix_when_hidden(listed, is_hidden);
  for (const IpAddress& address : listed) {
    line += ' ';
    line += short_text(address);
  }
  lines.push_back(std::move(line));
}

// "last answered 08:59:00 (60 times between 08:00 and 09:00)"
std::string last_answered_text(const ReachStory& story) {
  const TimeUs last = story.past->last_answered;
  const bool is_today = story.now != nullptr && is_same_day(last, story.now->ahead.first);
  const std::uint64_t times = story.past->answered_in_hour.rbegin()->second;
  return fmt::format("  last answered {} ({} between {})", clock_text(last, !is_today),
                     count_text(times, "time", "times"), hour_text(last));
}

}  // namespace

std::vector<std::string> reach_text(const ReachStory& story) {
  std::vector<std::string> out{fmt::format("{} -> {} {}: {}", short_text(story.pair.client),
                                           short_text(story.pair.server), story.service,
                                           story.now != nullptr ? what_happened(*story.now) : "NOT SEEN")};
  if (story.now != nullptr) {
    for (std::string& line : path_lines(story)) out.push_back(std::move(line));
    if (!story.path.steps.empty() && story.now->answered == 0 && story.now->refused == 0 &&
        !story.path.lost_behind)
      out.push_back("  nothing came back behind the last point");
  }
  add_addresses(out, "  dropped, says the firewall", story.blockers.firewalls, story.is_hidden);
  add_addresses(out, "  ICMP errors about these packets, sent by", story.blockers.unreachable,
                story.is_hidden);
  add_addresses(out, "  ICMP errors to the client, about what is not recorded, sent by",
                story.blockers.perhaps_unreachable, story.is_hidden);
  if (story.past != nullptr && story.past->last_answered != 0) out.push_back(last_answered_text(story));
  return out;
}

}  // namespace weir::engine
