#include "engine/account/rule_profile.h"

#include <cmath>

#include "output/json_writer.h"
#include "rules/set/program.h"

namespace weir::engine {
namespace {

struct Row {
  std::size_t rule;
  double ticks;
};

double rounded(double microseconds) { return std::round(microseconds * 1000) / 1000; }

std::vector<Row> most_expensive_first(const RuleProfile& profile) {
  std::vector<Row> rows;
  const auto& costs = profile.costs();
  for (std::size_t i = 0; i < costs.size(); ++i)
    if (costs[i].checks > 0) rows.push_back({i, costs[i].estimate()});
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.ticks > b.ticks; });
  return rows;
}

void write_rule(output::JsonWriter& out, const rules::SignatureMeta& rule, const RuleProfile::Cost& cost, double us) {
  const auto object = out.object();
  out.number("sid", rule.sid);
  out.number("gid", rule.gid);
  out.number("rev", rule.rev);
  if (!rule.msg.empty()) out.bytes("msg", rule.msg);
  out.number("checks", cost.checks);
  out.number("matches", cost.matches);
  out.real("time_us", rounded(us));
  out.real("avg_us", rounded(us / static_cast<double>(cost.checks)));
}

}  // namespace

double RuleProfile::Cost::estimate() const {
  if (timed == 0) return 0;
  const bool others = timed > 1;
  const auto sum = static_cast<double>(others ? ticks - longest : ticks);
  return sum / static_cast<double>(others ? timed - 1 : timed) * static_cast<double>(checks);
}

void RuleProfile::add(const RuleProfile& other) {
  if (costs_.size() < other.costs_.size()) costs_.resize(other.costs_.size());
  for (std::size_t i = 0; i < other.costs_.size(); ++i) {
    Cost& sum = costs_[i];
    const Cost& more = other.costs_[i];
    sum.checks += more.checks;
    sum.matches += more.matches;
    sum.timed += more.timed;
    sum.ticks += more.ticks;
    sum.longest = std::max(sum.longest, more.longest);
  }
}

std::string rule_profile_json(const RuleProfile& profile, const rules::RuleSet& rules, double nanoseconds_per_tick) {
  std::string text = "[";
  output::JsonWriter out;
  const char* separator = "\n";
  for (const Row& row : most_expensive_first(profile)) {
    out.clear();
    const double us = row.ticks * nanoseconds_per_tick / 1000;
    write_rule(out, rules.program().rules[row.rule].signature->meta, profile.costs()[row.rule], us);
    text.append(separator).append(out.text());
    separator = ",\n";
  }
  return text + "\n]\n";
}

}  // namespace weir::engine
