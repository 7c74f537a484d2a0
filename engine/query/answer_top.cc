// Which groups of flow records have the most: top, and matrix for both ends.
#include <fmt/format.h>

#include "engine/query/answers.h"
#include "engine/query/groups/group_options.h"

namespace weir::engine {
namespace {

constexpr std::size_t kUsualPairs = 100;

// Of what the groups are sorted by, which is no rate.
Cell share_cell(const Sums& sums, const Sums& total, Measure by) {
  const std::uint64_t all = measure(total, by);
  return all == 0 ? Cell{} : Cell{static_cast<double>(measure(sums, by)) / static_cast<double>(all)};
}

}  // namespace

tl::expected<Answer, std::string> answer_top(QuestionCall& call) {
  const auto grouping = grouping_of(call, "src");
  if (!grouping) return call.refuse(grouping.error());
  const auto all = read_groups(call, *grouping);
  if (!all) return tl::unexpected(all.error());
  Answer answer;
  answer.columns = grouping->keys.columns();
  add_sum_columns(answer.columns);
  if (is_rate(grouping->by))
    answer.columns.push_back({std::string(measure_word(grouping->by)), "", Look::count});
  else
    answer.columns.push_back({"share", "", Look::ratio});
  const GroupTable& table = (*all)->table();
  for (const std::size_t n : greatest_groups(table, *grouping, call.options.limit.value_or(kUsualGroups))) {
    std::vector<Cell> row;
    grouping->keys.append_cells(table.key(n), (*all)->texts(), row);
    append_sums(table.sums(n), row);
    row.push_back(is_rate(grouping->by) ? Cell{measure(table.sums(n), grouping->by)}
                                        : share_cell(table.sums(n), (*all)->total(), grouping->by));
    answer.rows.push_back(std::move(row));
  }
  return answer;
}

tl::expected<Answer, std::string> answer_matrix(QuestionCall& call) {
  const auto grouping = grouping_of(call, "src/24/64,dst/24/64");
  if (!grouping) return call.refuse(grouping.error());
  const auto all = read_groups(call, *grouping);
  if (!all) return tl::unexpected(all.error());
  Answer answer;
  answer.columns = grouping->keys.columns();
  for (const char* const name : {"flows", "pkts_toserver", "pkts_toclient"})
    answer.columns.push_back({name, "", Look::count});
  for (const char* const name : {"bytes_toserver", "bytes_toclient"})
    answer.columns.push_back({name, "", Look::bytes});
  const GroupTable& table = (*all)->table();
  const std::size_t limit = call.options.limit.value_or(kUsualPairs);
  if (table.size() > limit)
    call.warnings.push_back(
        fmt::format("{} more pairs have less (--limit N shows N of them)", table.size() - limit));
  for (const std::size_t n : greatest_groups(table, *grouping, limit)) {
    const Sums& sums = table.sums(n);
    std::vector<Cell> row;
    grouping->keys.append_cells(table.key(n), (*all)->texts(), row);
    row.insert(row.end(), {Cell{sums.flows}, Cell{sums.packets[0]}, Cell{sums.packets[1]},
                           Cell{sums.bytes[0]}, Cell{sums.bytes[1]}});
    answer.rows.push_back(std::move(row));
  }
  return answer;
}

}  // namespace weir::engine
