#include "engine/query/clickhouse_load.h"

#include <array>

#include <fmt/format.h>

#include "output/flow/clickhouse/clickhouse_output.h"

namespace weir::engine {

tl::expected<ClickHouseLoad, std::string> load_into_clickhouse(RecordSource& source, const std::string& url) {
  output::ClickHouseSettings settings;
  auto server = output::clickhouse::ServerAddress::parse(url);
  if (!server) return tl::unexpected(fmt::format("--clickhouse: {}", server.error()));
  settings.inserter.server = std::move(*server);
  settings.inserter.waits = true;
  auto opened = output::ClickHouseOutput::open(settings);
  if (!opened) return tl::unexpected(opened.error());
  output::ClickHouseOutput& output = **opened;
  const std::array<flow::RecordConsumer*, 1> consumers{&output};
  const auto read = source.read({}, consumers);
  if (!read) return tl::unexpected(read.error());
  ClickHouseLoad out;
  std::vector<std::string> errors;
  output.close(errors);
  output.append_notes(out.notes);
  out.notes.insert(out.notes.end(), read->notes.begin(), read->notes.end());
  const auto counters = output.counters();
  out.records = counters.records;
  out.lost = counters.records_lost;
  out.reason = output.problem();
  out.problems = read->problems;
  return out;
}

}  // namespace weir::engine
