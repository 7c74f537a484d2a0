#include "output/flow/clickhouse/flow_table.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "decoders/text.h"

namespace weir::output::clickhouse {
namespace {

// Who may not ask counts what may be there twice.
bool table_keeps_tokens(Client& client, const ServerVersion& version) {
  if (!version.knows_tokens()) return false;
  const auto engine = client.ask(
      fmt::format("SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = '{}'",
                  client.address().table));
  return engine && keeps_tokens(*engine);
}

}  // namespace

ServerVersion ServerVersion::parse(std::string_view text) {
  text = trim(text);
  ServerVersion out;
  out.major = parse_number<unsigned>(cut(text, '.')).value_or(0);
  out.minor = parse_number<unsigned>(cut(text, '.')).value_or(0);
  return out;
}

bool keeps_tokens(std::string_view engine) {
  constexpr std::string_view kWindow = "replicated_deduplication_window = ";  // non_..., too
  if (const std::size_t window = engine.find(kWindow); window != std::string_view::npos)
    return !engine.substr(window + kWindow.size()).starts_with('0');
  return engine.starts_with("Replicated") || engine.starts_with("Shared");
}

std::string create_statement(const ServerAddress& address, const ServerVersion& version) {
  std::string out = fmt::format("CREATE TABLE IF NOT EXISTS {} (", address.quoted_table());
  for (const RecordColumn& column : record_columns())
    if (!column.is_of_rollups()) out += fmt::format("{} {}, ", column.name, column_type(column).name);
  out += "time DateTime ALIAS toDateTime(intDiv(start, 1000000))";
  if (version.has_skip_indexes())
    out +=
        ", INDEX ends start + duration_us TYPE minmax GRANULARITY 1, INDEX sources src_ip TYPE bloom_filter "
        "GRANULARITY 1, INDEX destinations dest_ip TYPE bloom_filter GRANULARITY 1";
  out +=
      ") ENGINE = MergeTree PARTITION BY toYYYYMMDD(toDateTime(intDiv(start, 1000000)), 'UTC') ORDER BY "
      "start";
  if (version.knows_tokens())
    out += fmt::format(" SETTINGS non_replicated_deduplication_window = {}", kTokensKept);
  return out;
}

namespace {

// Those that tables of older versions lack. Who may not change a table has somebody who does, or is told so by the first insert.
void add_columns(Client& client) {
  constexpr std::array<std::string_view, 2> kAdded{"hit_rules", "hit_indicators"};
  for (const RecordColumn& column : record_columns())
    if (std::find(kAdded.begin(), kAdded.end(), column.name) != kAdded.end())
      (void)client.ask(fmt::format("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} {}",
                                   client.address().quoted_table(), column.name, column_type(column).name));
}

}  // namespace

Answered<TableFacts> make_table(Client& client) {
  const auto text = client.ask("SELECT version()");
  if (!text) return tl::unexpected(text.error());
  const ServerVersion version = ServerVersion::parse(*text);
  if (version.major == 0)
    return tl::unexpected(
        Failure{.text = fmt::format("{}: is no ClickHouse server: it does not say its version",
                                    client.address().text())});
  // Who may not make tables needs not to.
  if (const auto exists = client.ask(fmt::format("EXISTS TABLE {}", client.address().quoted_table()));
      exists && trim(*exists) == "1")
    add_columns(client);
  else if (auto made = client.ask(create_statement(client.address(), version)); !made)
    return tl::unexpected(made.error());
  return TableFacts{.version = version, .keeps_tokens = table_keeps_tokens(client, version)};
}

Answered<void> insert_block(Client& client, const TableFacts& table, const InsertBlock& block,
                            const std::string& token) {
  std::vector<Client::Setting> settings;
  if (table.keeps_tokens) settings.emplace_back("insert_deduplication_token", token);
  // Times are those of exporters: nobody says that they are of a few days.
  if (table.version.limits_partitions()) settings.emplace_back("max_partitions_per_insert_block", "0");
  if (table.version.may_defer()) settings.emplace_back("async_insert", "0");
  return client.insert(
      fmt::format("INSERT INTO {} ({}) FORMAT Native", client.address().quoted_table(), block.columns),
      block.bytes, settings);
}

std::vector<const RecordColumn*> columns_of(flow::Fields fields) {
  std::vector<const RecordColumn*> out;
  for (const RecordColumn& column : record_columns())
    if (fields.has(column.field) && !column.is_of_rollups()) out.push_back(&column);
  if (out.empty()) out.push_back(&record_columns().front());
  return out;
}

}  // namespace weir::output::clickhouse
