// What a question asks of the table of flow records, in SQL.
#pragma once

#include <string>
#include <vector>

#include "engine/query/record_source.h"
#include "output/flow/clickhouse/client.h"
#include "output/flow/clickhouse/flow_table.h"

namespace weir::engine {

struct ClickHouseQuery {
  std::string select;
  // Sets of addresses and ports: they go along as tables, however many there are, and never stand in the text.
  std::vector<output::clickhouse::SentTable> tables;
};

// `columns`: what is to be read.
ClickHouseQuery clickhouse_query(const RecordQuery& query, const std::string& quoted_table,
                                 const std::vector<const output::RecordColumn*>& columns);

}  // namespace weir::engine
