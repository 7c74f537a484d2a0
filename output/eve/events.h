// One writer an event type that is not a protocol's. Each writes one whole event into eve.out, which is
// empty.
#pragma once

#include <vector>

#include "output/eve/common.h"
#include "output/eve_log.h"

namespace weir::output {

// `app_writers`: how the protocol of r.tx is written inside an alert; may be null.
void write_alert_event(EveContext& eve, const AlertRecord& r, const EveTxWriter* app_writer);
void write_drop_event(EveContext& eve, const AlertRecord& r, std::string_view reason);
void write_flow_event(EveContext& eve, const FlowRecord& r);
// One direction of a flow.
void write_netflow_event(EveContext& eve, const FlowRecord& r, Direction direction);
void write_anomaly_event(EveContext& eve, const AnomalyRecord& r);
void write_fileinfo_event(EveContext& eve, const FileRecord& r, const EveTxWriter* app_writer);
// `previous`: the values of the last stats event, for deltas; the same order, or empty.
void write_stats_event(EveContext& eve, TimeUs time, std::uint64_t uptime_s,
                       const std::vector<CounterValue>& counters, const std::vector<std::uint64_t>& previous,
                       const std::vector<StageShare>& stage_shares);

}  // namespace weir::output
