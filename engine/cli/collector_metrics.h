// What Prometheus is told of a collector: its accounts of exporters, its inputs, what it wrote.
#pragma once

#include <string>

#include "engine/flows/collector.h"
#include "engine/flows/export_inputs.h"
#include "output/flow/clickhouse/clickhouse_output.h"

namespace weir::engine {

// Accounts of one page; of others is said how many there are.
inline constexpr std::size_t kMaxMetricAccounts = 2000;

// `judge` is null when nobody judges, `clickhouse` when records do not go there.
std::string collector_page(const Collector& collector, const RecordJudge* judge,
                           const output::ClickHouseOutput* clickhouse, const ExportInputs& inputs);

}  // namespace weir::engine
