// How much there was in each step of time: series.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "decoders/settings.h"
#include "engine/query/answers.h"
#include "engine/query/groups/group_options.h"
#include "output/flow/record_steps.h"

namespace weir::engine {
namespace {

constexpr TimeUs kUsualStep = TimeUs{300} * 1'000'000;
constexpr std::uint64_t kMaxSeriesSteps = 100'000;

tl::expected<TimeUs, std::string> step_option(const QuestionCall& call) {
  if (call.options.step.empty()) return kUsualStep;
  const auto step = parse_span(call.options.step);
  if (!step) return tl::unexpected(fmt::format("--step {}: expected {}", call.options.step, kSpanExpected));
  return *step;
}

// The groups that a series shows: those with the most in all steps together, in the order of their sums.
struct SeriesGroups {
  std::vector<std::vector<std::uint64_t>> keys;  // without their step
  std::size_t left_out = 0;
};

std::vector<std::uint64_t> key_without_step(const GroupTable& table, std::size_t n, std::size_t words) {
  std::vector<std::uint64_t> out(table.key(n), table.key(n) + words);
  GroupKeys::write_step(out.data(), 0);
  return out;
}

SeriesGroups series_groups(const GroupTable& table, const Grouping& grouping, std::size_t limit) {
  GroupTable sums(grouping.keys.words(), kMaxGroups, grouping.by, grouping.seed);
  for (std::size_t n = 0; n < table.size(); ++n) {
    const auto key = key_without_step(table, n, grouping.keys.words());
    sums.add(key.data(), sums.hash(key.data()), table.sums(n));
  }
  SeriesGroups out;
  for (const std::size_t n : greatest_groups(sums, grouping, limit))
    out.keys.emplace_back(sums.key(n), sums.key(n) + grouping.keys.words());
  out.left_out = sums.size() - out.keys.size();
  return out;
}

// One row a step and group, also of steps without records between the first and the last one.
void add_series_rows(const GroupConsumer& all, const Grouping& grouping, const SeriesGroups& groups,
                     std::uint32_t begin, std::uint32_t end, Answer& answer) {
  const GroupTable& table = all.table();
  for (std::uint64_t at = begin; at <= end; ++at)
    for (std::vector<std::uint64_t> key : groups.keys) {
      GroupKeys::write_step(key.data(), static_cast<std::uint32_t>(at));
      const Sums* const found = table.find(key.data(), table.hash(key.data()));
      std::vector<Cell> row{When{static_cast<TimeUs>(at) * grouping.step}};
      grouping.keys.append_cells(key.data(), all.texts(), row);
      append_sums(found != nullptr ? *found : Sums{}, row);
      answer.rows.push_back(std::move(row));
    }
}

}  // namespace

tl::expected<Answer, std::string> answer_series(QuestionCall& call) {
  const auto step = step_option(call);
  if (!step) return call.refuse(step.error());
  const auto grouping = grouping_of(call, "", *step);
  if (!grouping) return call.refuse(grouping.error());
  if (is_rate(grouping->by))
    return call.refuse(fmt::format("--sort {}: series takes bytes, packets or flows", call.options.sort));
  const auto all = read_groups(call, *grouping);
  if (!all) return tl::unexpected(all.error());
  Answer answer;
  answer.columns = {{"time", "", Look::plain}};
  const auto keys = grouping->keys.columns();
  answer.columns.insert(answer.columns.end(), keys.begin(), keys.end());
  add_sum_columns(answer.columns);
  const GroupTable& table = (*all)->table();
  if ((*all)->too_long() != 0)
    call.warnings.push_back(
        fmt::format("{} records lasted more than {} steps, and count for the one they began in",
                    (*all)->too_long(), output::kMaxRecordSteps));
  if (table.size() == 0) return answer;
  std::uint32_t begin = std::numeric_limits<std::uint32_t>::max(), end = 0;
  for (std::size_t n = 0; n < table.size(); ++n) {
    begin = std::min(begin, GroupKeys::step_of(table.key(n)));
    end = std::max(end, GroupKeys::step_of(table.key(n)));
  }
  const auto groups = series_groups(table, *grouping, call.options.limit.value_or(kUsualGroups));
  if ((std::uint64_t{end} - begin + 1) * std::max<std::size_t>(groups.keys.size(), 1) > kMaxSeriesSteps)
    return tl::unexpected(
        fmt::format("from the first record to the last there are {} steps of {} groups, and {} rows are the "
                    "most: ask for a longer --step or for less time",
                    std::uint64_t{end} - begin + 1, groups.keys.size(), kMaxSeriesSteps));
  if (groups.left_out != 0)
    call.warnings.push_back(
        fmt::format("{} more groups had less (--limit N shows N of them)", groups.left_out));
  add_series_rows(**all, *grouping, groups, begin, end, answer);
  return answer;
}

}  // namespace weir::engine
