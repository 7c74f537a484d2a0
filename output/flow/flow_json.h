// Flow records as events: those of Suricata's type "flow", with what a record says besides in objects of its own.
#pragma once

#include "decoders/flow/record.h"
#include "output/flow/journal_accounts.h"
#include "output/json_writer.h"
#include "output/timestamp.h"

namespace weir::output {

// One event, as a document of its own. Packets and bytes are as counted; exporter.sampling is what they stand for.
void write_flow_record(JsonWriter& out, TimestampFormatter& times, const flow::Record& record);

// One account of an exporter and domain.
void write_exporter_account(JsonWriter& out, TimestampFormatter& times, const ExporterAccount& e);

// "TCP", "17": the names that all readers of events know, else the number.
std::string_view flow_protocol_name(std::uint8_t protocol);
// "idle", "active", ...; empty for none.
std::string_view end_reason_name(flow::EndReason reason);
// "10.0.0.1"; "file" for what no exporter sent.
std::string exporter_name(const IpAddress& exporter);

}  // namespace weir::output
