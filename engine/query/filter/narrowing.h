// What every record has that a filter takes, so that sources can leave out others.
#pragma once

#include "engine/query/filter/parser.h"
#include "engine/query/record_source.h"

namespace weir::engine::filter {

// Fills hosts, others and ports with what all ways through the filter ask for, as far as it is simple: networks behind host and in, with
// src or dst or without, and ports behind port that are few. Never leaves out a record that the filter takes.
void narrow(const Node& filter, RecordQuery& query);

}  // namespace weir::engine::filter
