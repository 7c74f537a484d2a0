#include <algorithm>
#include <span>
#include <string>

#include "output/eve/events.h"

namespace weir::output {
namespace {

constexpr std::size_t kMaxDepth = 8;

struct Row {
  std::string_view name;
  std::uint64_t value = 0, previous = 0;
};

std::string_view take_part(std::string_view& name) {
  const std::size_t dot = name.find('.');
  const std::string_view part = name.substr(0, dot);
  name = dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
  return part;
}

// Rows of one object: sorted, so that those with the same first part stand together. A part that ends in "[]"
// is an array with one object.
void write_rows(JsonWriter& out, std::span<Row> rows, bool deltas, std::size_t depth) {
  for (std::size_t first = 0; first < rows.size();) {
    std::string_view rest = rows[first].name;
    const std::string_view part = take_part(rest);
    if (rest.empty() || depth == kMaxDepth) {
      out.number(part, rows[first].value);
      if (deltas) out.signed_number(std::string(part) + "_delta",  // levels fall, too
                                    static_cast<std::int64_t>(rows[first].value - rows[first].previous));
      ++first;
      continue;
    }
    std::size_t last = first;
    for (; last < rows.size(); ++last) {
      std::string_view name = rows[last].name;
      if (take_part(name) != part || name.empty()) break;
      rows[last].name = name;
    }
    const std::span<Row> inner = rows.subspan(first, last - first);
    if (part.ends_with("[]")) {
      const auto list = out.array(part.substr(0, part.size() - 2));
      const auto item = out.object();
      write_rows(out, inner, deltas, depth + 1);
    } else {
      const auto object = out.object(part);
      write_rows(out, inner, deltas, depth + 1);
    }
    first = last;
  }
}

// Dots sort before every other character, so that a part's members stand together.
bool dotted_less(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto rank = [](char c) {
      return c == '.' ? 0 : static_cast<int>(static_cast<unsigned char>(c)) + 1;
    };
    return rank(x) < rank(y);
  });
}

}  // namespace

void write_counter_tree(JsonWriter& out, const std::vector<CounterValue>& counters) {
  std::vector<Row> rows;
  rows.reserve(counters.size());
  for (const auto& [name, value] : counters) rows.push_back({name, value});
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return dotted_less(a.name, b.name); });
  write_rows(out, rows, false, 0);
}

void write_stats_event(EveContext& eve, TimeUs time, std::uint64_t uptime_s,
                       const std::vector<CounterValue>& counters,
                       const std::vector<std::uint64_t>& previous,
                       const std::vector<StageShare>& stage_shares) {
  const EveOptions::Stats& options = eve.options.stats;
  std::vector<Row> rows;
  rows.reserve(counters.size());
  for (std::size_t i = 0; i < counters.size(); ++i) {
    if (counters[i].second == 0 && !options.null_values) continue;
    rows.push_back({counters[i].first, counters[i].second, i < previous.size() ? previous[i] : 0});
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return dotted_less(a.name, b.name); });
  const auto event = eve.out.object();
  write_time(eve, "timestamp", time);
  eve.out.string("event_type", "stats");
  {
    const auto stats = eve.out.object("stats");
    eve.out.number("uptime", uptime_s);
    write_rows(eve.out, rows, options.deltas, 0);
  }
  if (stage_shares.empty()) return;
  const auto own = eve.out.object("weir");
  const auto shares = eve.out.object("stage_share");
  for (const auto& [stage, share] : stage_shares) eve.out.real(stage, share);
}

}  // namespace weir::output
