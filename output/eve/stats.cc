#include <algorithm>
#include <span>
#include <string>

#include "output/eve/common.h"
#include "output/eve_log.h"
#include "output/eve_type.h"

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

class StatsWriter final : public EveWriter<StatsRecord> {
 public:
  explicit StatsWriter(const Settings& s)
      : totals_(s.flag("totals", true)),
        deltas_(s.flag("deltas", false)),
        null_values_(s.flag("null-values", true)),
        threads_(s.flag("threads", false)) {}
  bool write(EveContext& eve, const StatsRecord& r) const override;

 private:
  void write_threads(JsonWriter& out, std::span<const ThreadStats> threads) const;

  const bool totals_, deltas_, null_values_, threads_;
};

void StatsWriter::write_threads(JsonWriter& out, std::span<const ThreadStats> threads) const {
  const auto all = out.object("threads");
  std::vector<Row> rows;
  for (const ThreadStats& thread : threads) {
    rows.clear();
    for (const auto& [name, value] : thread.counters)
      if (value != 0 || null_values_) rows.push_back({name, value});
    std::sort(rows.begin(), rows.end(),
              [](const Row& a, const Row& b) { return dotted_less(a.name, b.name); });
    const auto object = out.object(thread.name);
    write_rows(out, rows, false, 0);
  }
}

bool StatsWriter::write(EveContext& eve, const StatsRecord& r) const {
  if (!totals_ && !threads_) return false;
  std::vector<Row> rows;
  rows.reserve(r.counters.size());
  for (std::size_t i = 0; i < r.counters.size(); ++i) {
    const auto& [name, value] = r.counters[i];
    if (value == 0 && !null_values_) continue;
    rows.push_back({name, value, i < eve.last_stats.size() ? eve.last_stats[i] : 0});
  }
  eve.last_stats.clear();
  for (const CounterValue& counter : r.counters) eve.last_stats.push_back(counter.second);
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return dotted_less(a.name, b.name); });
  const auto event = eve.out.object();
  write_time(eve, "timestamp", r.time);
  if (!eve.options.host.empty()) eve.out.string("host", eve.options.host);
  eve.out.string("event_type", "stats");
  {
    const auto stats = eve.out.object("stats");
    eve.out.number("uptime", r.uptime_s);
    if (totals_) write_rows(eve.out, rows, deltas_, 0);
    if (threads_) write_threads(eve.out, r.threads);
  }
  if (r.stage_shares.empty()) return true;
  const auto own = eve.out.object("weir");
  const auto shares = eve.out.object("stage_share");
  for (const auto& [stage, share] : r.stage_shares) eve.out.real(stage, share);
  return true;
}

}  // namespace

void write_counter_tree(JsonWriter& out, const std::vector<CounterValue>& counters) {
  std::vector<Row> rows;
  rows.reserve(counters.size());
  for (const auto& [name, value] : counters) rows.push_back({name, value});
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return dotted_less(a.name, b.name); });
  write_rows(out, rows, false, 0);
}

const EveType<StatsRecord> eve_type_stats{
    .name = "stats", .event_type = "stats", .make = make_writer<StatsRecord, StatsWriter>};

}  // namespace weir::output
