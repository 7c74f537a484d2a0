// Events of type flow and netflow as flow records: those that `weir flows list --json` writes, those of EVE logs of this engine, and
// those of Suricata.
#pragma once

#include <cstdint>

#include "decoders/flow/record.h"
#include "engine/flows/eve_fields.h"

namespace weir::engine {

// What a record is filled from. Each member of an event that the record has a place for is read; others (community_id, alerted, ...)
// say nothing that is kept. A flow event that says no end_reason has one by its state and reason: closed flows ended, of others a
// timeout is idle. A netflow event is of one direction.
// The first that is wrong is in the problem of `event`, and the record is none then.
void read_flow_event(const EveFields& event, flow::RecordBatch& batch, flow::Record& record);
void read_netflow_event(const EveFields& event, flow::RecordBatch& batch, flow::Record& record);

// What stands in "meter", "tunnel", "path" and the like: the record's detail, which it gets only when there is something. `record` is
// the last one of the batch.
void read_eve_detail(const EveFields& event, flow::RecordBatch& batch, flow::Record& record);

}  // namespace weir::engine
