#include "engine/query/groups/group_options.h"

#include <fmt/format.h>

#include "engine/scan/scan_hash.h"

namespace weir::engine {

tl::expected<Grouping, std::string> grouping_of(const QuestionCall& call, std::string_view usual_by,
                                                TimeUs step) {
  const std::string& sort = call.options.sort;
  const Measure* const by =
      find_measure(sort.empty() ? measure_word(Measure::bytes) : std::string_view(sort));
  if (by == nullptr) return tl::unexpected(fmt::format("--sort {}: expected {}", sort, kMeasureExpected));
  auto keys =
      GroupKeys::parse(call.options.by.empty() ? usual_by : std::string_view(call.options.by), step != 0);
  if (!keys) return tl::unexpected(keys.error());
  if (keys->has_names() && !call.options.anonymise.empty())
    return tl::unexpected(fmt::format(
        "--by {}: names that were asked for tell who it is: it goes without --anonymise", call.options.by));
  if (keys->has_places() && keys->has_addresses() && !call.options.anonymise.empty())
    return tl::unexpected(
        fmt::format("--by {}: countries and autonomous systems beside addresses tell whose they are: that "
                    "goes without --anonymise",
                    call.options.by));
  return Grouping{.keys = std::move(*keys),
                  .by = *by,
                  .raw = call.options.raw,
                  .mixes = !call.options.anonymise.empty(),
                  .seed = random_scan_seed(),
                  .step = step,
                  .from = call.from,
                  .to = call.to};
}

void add_sum_columns(std::vector<AnswerColumn>& columns) {
  columns.push_back({"flows", "", Look::count});
  columns.push_back({"packets", "", Look::count});
  columns.push_back({"bytes", "", Look::bytes});
}

void append_sums(const Sums& sums, std::vector<Cell>& row) {
  row.emplace_back(sums.flows);
  row.emplace_back(sums.all_packets());
  row.emplace_back(sums.all_bytes());
}

}  // namespace weir::engine
