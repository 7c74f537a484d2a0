#include "output/flow/clickhouse/clickhouse_settings.h"

#include <utility>

#include <fmt/format.h>

#include "decoders/text.h"

namespace weir::output {
namespace {

// A number within its bounds, or a text that names the key.
std::string out_of_bounds(std::string_view key, std::uint64_t value, std::uint64_t least,
                          std::uint64_t most) {
  if (value >= least && value <= most) return {};
  return fmt::format("{}.{}: {}: expected {} to {}", kClickHouseKeys, key, value, least, most);
}

}  // namespace

tl::expected<std::optional<ClickHouseSettings>, std::string> ClickHouseSettings::from(const Settings& own) {
  const auto url = own.text("url");
  if (!url || url->empty()) return std::nullopt;
  ClickHouseSettings out;
  auto server = clickhouse::ServerAddress::parse(*url);
  if (!server) return tl::unexpected(fmt::format("{}.url: {}", kClickHouseKeys, server.error()));
  server->table = own.text("table").value_or(server->table);
  if (!clickhouse::is_table_name(server->table))
    return tl::unexpected(fmt::format("{}.table: '{}': expected letters, digits, '_', '-' and '.'",
                                      kClickHouseKeys, clip(server->table)));
  server->user = own.text("user").value_or(server->user);
  server->password_file = own.text("password-file").value_or(server->password_file);
  server->authorities = own.text("tls.ca").value_or(server->authorities);
  server->verify = own.flag("tls.verify", server->verify);
  out.inserter.server = std::move(*server);
  out.inserter.buffer_folder = own.text("buffer-dir").value_or("");
  out.inserter.buffer_bytes = own.bytes("buffer-size", out.inserter.buffer_bytes);
  out.batch_records = own.number("batch", out.batch_records);
  const std::uint64_t seconds = own.number("interval", static_cast<std::uint64_t>(out.batch_time.count()));
  for (const std::string& problem :
       {out_of_bounds("buffer-size", out.inserter.buffer_bytes, kLeastBuffer, kMostBuffer),
        out_of_bounds("batch", out.batch_records, kLeastBatch, kMostBatch),
        out_of_bounds("interval", seconds, 1, kMostSeconds)})
    if (!problem.empty()) return tl::unexpected(problem);
  out.batch_time = std::chrono::seconds(seconds);
  return out;
}

}  // namespace weir::output
