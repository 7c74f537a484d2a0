// `weir: flows: clickhouse`: records of a run into a table of ClickHouse.
#pragma once

#include <memory>
#include <optional>

#include <tl/expected.hpp>

#include "engine/config/config.h"
#include "output/flow/clickhouse/clickhouse_output.h"

namespace weir::engine {

// None without weir.flows.clickhouse.url. Fails with a text that names the key.
tl::expected<std::optional<output::ClickHouseSettings>, std::string> clickhouse_settings(
    const Config& config);

// Opens what the settings name, which a run that is confined can no longer do; null without a url. `waits`: the run may be slowed down
// for the sake of the server (over files).
tl::expected<std::shared_ptr<output::ClickHouseOutput>, std::string> open_clickhouse_sink(
    const Config& config, bool waits);

}  // namespace weir::engine
