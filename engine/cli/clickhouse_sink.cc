#include "engine/cli/clickhouse_sink.h"

namespace weir::engine {

tl::expected<std::optional<output::ClickHouseSettings>, std::string> clickhouse_settings(
    const Config& config) {
  return output::ClickHouseSettings::from(config.sub("weir.flows.clickhouse"));
}

tl::expected<std::shared_ptr<output::ClickHouseOutput>, std::string> open_clickhouse_sink(
    const Config& config, bool waits) {
  auto settings = clickhouse_settings(config);
  if (!settings) return tl::unexpected(settings.error());
  if (!*settings) return nullptr;
  (*settings)->inserter.waits = waits;
  auto opened = output::ClickHouseOutput::open(**settings);
  if (!opened) return tl::unexpected(opened.error());
  return std::shared_ptr<output::ClickHouseOutput>(std::move(*opened));
}

}  // namespace weir::engine
