// One flow sample of sFlow version 5 (https://sflow.org/sflow_version_5.txt): a packet, as the switch saw it.
#pragma once

#include <cstdint>

#include "decoders/byte_cursor.h"
#include "decoders/flow/record.h"

namespace weir::flow {

// Kinds of samples that are about packets.
enum class SflowSample : std::uint32_t { flow = 1, expanded_flow = 3 };

enum class SampleResult : std::uint8_t { record, no_addresses, malformed };

struct SampleReading {
  SampleResult result = SampleResult::malformed;
  bool is_cut = false;  // it had more than kMaxSampleParts: those behind them were passed over
};

// Fills `record` but for its exporter and times. `in` holds the sample's body. `detail()` gives the record's detail when there is
// something for it.
SampleReading read_sflow_sample(SflowSample kind, ByteCursor in, Record& record, RecordBatch& batch);

}  // namespace weir::flow
