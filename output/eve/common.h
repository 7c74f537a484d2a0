// What several event types share: the head, and parts of flows, files and packets. Each writes members of the
// object that is open.
#pragma once

#include <string_view>

#include "decoders/app/app_proto.h"
#include "decoders/app/file.h"
#include "decoders/settings.h"
#include "output/eve/options.h"
#include "output/records.h"

namespace weir::output {

// timestamp, flow_id ... up to metadata, ethernet and community id: the start of every event.
void write_head(EveContext& eve, const EventHead& head, std::string_view event_type);

// `key`: the time as text.
void write_time(EveContext& eve, JsonKey key, TimeUs time);

// app_proto and those of the directions that differ.
void write_app_protos(JsonWriter& out, const FlowRecord& flow);
void write_app_proto(JsonWriter& out, AppProto protocol);

// pkts_toserver ... start.
void write_flow_totals(EveContext& eve, const FlowRecord& flow);

// syn, fin ... of those that are set; and a byte as two hex digits.
void write_tcp_flag_names(JsonWriter& out, std::uint8_t flags);
void write_hex_byte(JsonWriter& out, JsonKey key, std::uint8_t value);

// One file's members (fileinfo, alert's files).
void write_file(JsonWriter& out, const AppFile& file, std::uint64_t tx_id);

// "exporter": {...} and "ioc": {...}.
void write_exporter(JsonWriter& out, const ExporterFacts& exporter);
void write_indicator(EveContext& eve, const IndicatorFacts& indicator);

// "frame": {...}, with at most `limit` bytes of its payload.
void write_frame(JsonWriter& out, const FrameFacts& frame, std::size_t limit);

// packet and packet_info.
void write_packet(JsonWriter& out, Bytes frame, int link_type);

// What alert and drop events say of the rule, from the alert type's entry.
struct RuleDetail {
  explicit RuleDetail(const Settings& alert);
  bool metadata, raw, reference;
};

// "alert": {...}, as in alert and drop events. `client`: as proxies name it; null: they are not asked.
void write_alert_object(JsonWriter& out, const AlertRecord& r, const RuleDetail& detail,
                        const ForwardedClient* client = nullptr);
void write_verdict(JsonWriter& out, const AlertRecord& r);

}  // namespace weir::output
