// What `weir: flows: clickhouse` says.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "decoders/settings.h"
#include "output/flow/clickhouse/inserter.h"

namespace weir::output {

inline constexpr std::string_view kClickHouseKeys = "weir.flows.clickhouse";

struct ClickHouseSettings {
  static constexpr std::uint64_t kLeastBatch = 100, kMostBatch = 10'000'000, kMostSeconds = 3600;
  static constexpr std::uint64_t kLeastBuffer = std::uint64_t{1} << 20U,
                                 kMostBuffer = std::uint64_t{1} << 40U;

  std::uint64_t batch_records = 100'000;
  std::chrono::seconds batch_time{5};  // what waits for so long is inserted, however little it is
  clickhouse::InserterSettings inserter;

  // `own`: weir.flows.clickhouse. None without a url. Fails with a text that names the key.
  static tl::expected<std::optional<ClickHouseSettings>, std::string> from(const Settings& own);
};

}  // namespace weir::output
