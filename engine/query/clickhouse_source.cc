#include "engine/query/clickhouse_source.h"

#include <fmt/format.h>

#include "engine/query/clickhouse_query.h"

namespace weir::engine {
namespace {

namespace ch = output::clickhouse;

}  // namespace

tl::expected<ReadReport, std::string> ClickHouseSource::read(
    const RecordQuery& query, std::span<flow::RecordConsumer* const> consumers) {
  const auto columns = ch::columns_of(query.fields);
  const ClickHouseQuery asked = clickhouse_query(query, client_->address().quoted_table(), columns);
  ReadReport report;
  flow::RecordConsumer& consumer = *consumers.front();
  if (consumer.has_enough()) return report;
  ch::BlockReader reader(columns, [&](std::span<const flow::Record> records) { consumer.take(records); });
  tl::expected<void, std::string> read_so_far;
  // No settings: users that may only read may not change any.
  const auto answered = client_->select(asked.select, asked.tables, [&](Bytes bytes) {
    report.bytes_read += bytes.size();
    read_so_far = reader.add(bytes);
    return read_so_far.has_value() && !consumer.has_enough();
  });
  if (!answered) return tl::unexpected(answered.error().text);
  if (read_so_far && !consumer.has_enough()) read_so_far = reader.finish();
  if (!read_so_far)
    return tl::unexpected(fmt::format("{}: {}", client_->address().text(), read_so_far.error()));
  report.records = reader.records();
  report.blocks_read = reader.blocks();
  return report;
}

tl::expected<std::unique_ptr<RecordSource>, std::string> open_clickhouse(const std::string& url) {
  const auto address = ch::ServerAddress::parse(url);
  if (!address) return tl::unexpected(address.error());
  auto client = ch::Client::open(*address);
  if (!client) return tl::unexpected(client.error());
  return std::make_unique<ClickHouseSource>(std::move(*client));
}

}  // namespace weir::engine
