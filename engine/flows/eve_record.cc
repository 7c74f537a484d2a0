#include "engine/flows/eve_record.h"

#include <array>

#include "decoders/text.h"
#include "output/flow/flow_json.h"
#include "output/net_text.h"

namespace weir::engine {
namespace {

using flow::EndReason;

std::optional<std::uint8_t> protocol_of(std::string_view name) {
  if (const auto number = parse_number<std::uint8_t>(name)) return number;
  for (const std::uint8_t common : {std::uint8_t{6}, std::uint8_t{17}, std::uint8_t{1}, std::uint8_t{58}})
    if (equals_nocase(name, output::flow_protocol_name(common))) return common;
  for (unsigned i = 0; i < 256; ++i)
    if (equals_nocase(name, output::ip_protocol_name(static_cast<std::uint8_t>(i))))
      return static_cast<std::uint8_t>(i);
  return std::nullopt;
}

void read_protocol(const EveFields& event, flow::Record& r) {
  const std::string_view name = event.word("proto");
  if (const auto protocol = protocol_of(name))
    r.protocol = *protocol;
  else
    event.expected("proto", "a protocol's name or number");
}

// Who talked to whom; all events have it.
void read_ends(const EveFields& event, flow::Record& r) {
  if (!event.address("src_ip", r.source)) event.expected("src_ip", "an address");
  if (!event.address("dest_ip", r.destination)) event.expected("dest_ip", "an address");
  read_protocol(event, r);
  event.number("src_port", r.source_port);
  event.number("dest_port", r.destination_port);
  r.has_icmp = event.number("icmp_type", r.icmp_type);
  event.number("icmp_code", r.icmp_code);
}

void read_vlans(const EveFields& event, flow::RecordBatch& batch, flow::Record& r) {
  auto tags = event.numbers("vlan", 0xffff, kMaxVlanTags);
  std::erase(tags, 0U);
  if (tags.empty()) return;
  r.vlan = static_cast<std::uint16_t>(tags[0]);
  if (tags.size() < 2) return;
  flow::Detail& detail = batch.detail();
  for (std::size_t i = 0; i < tags.size(); ++i) detail.vlans[i] = static_cast<std::uint16_t>(tags[i]);
}

EndReason named_reason(const EveFields& flow, std::string_view name) {
  for (std::uint8_t i = 1; i <= static_cast<std::uint8_t>(EndReason::resources); ++i)
    if (output::end_reason_name(static_cast<EndReason>(i)) == name) return static_cast<EndReason>(i);
  flow.expected("end_reason", "idle, active, end, forced or resources");
  return EndReason::unknown;
}

EndReason end_reason(const EveFields& flow) {
  if (flow.has("end_reason")) return named_reason(flow, flow.word("end_reason"));
  bool is_emergency = false;
  flow.flag("emergency", is_emergency);
  if (is_emergency) return EndReason::resources;
  const std::string_view reason = flow.word("reason");
  if (reason == "timeout") return flow.word("state") == "closed" ? EndReason::end : EndReason::idle;
  if (reason == "forced" || reason == "shutdown") return EndReason::forced;
  return reason == "tcp_reuse" ? EndReason::end : EndReason::unknown;
}

void read_side(const EveFields& flow, const char* packets, const char* bytes, const char* tos,
               flow::Side& side) {
  flow.number(packets, side.packets);
  flow.number(bytes, side.bytes);
  flow.number(tos, side.tos);
}

// Of directions that have no times of their own those of the flow, where there were packets.
void read_times(const EveFields& flow, flow::Record& r) {
  TimeUs start = 0, end = 0;
  if (!flow.time("start", start)) flow.expected("start", "a time");
  if (!flow.time("end", end)) end = start;
  if (end < start) flow.expected("end", "a time that is not before start");
  for (flow::Side& side : r.sides)
    if (side.packets != 0 || &side == r.sides.data()) side.first = start, side.last = end;
  if (r.sides[0].packets == 0 && r.sides[1].packets != 0) r.sides[0].first = r.sides[0].last = 0;
  flow.time("start_toserver", r.sides[0].first);
  flow.time("end_toserver", r.sides[0].last);
  flow.time("start_toclient", r.sides[1].first);
  flow.time("end_toclient", r.sides[1].last);
}

void read_flags(const EveFields& event, const char* ahead, flow::Record& r) {
  const auto tcp = event.object("tcp");
  if (!tcp) return;
  tcp->hex_byte(ahead, r.sides[0].tcp_flags);
  tcp->hex_byte("tcp_flags_tc", r.sides[1].tcp_flags);
}

void read_exporter(const EveFields& event, flow::Record& r) {
  const auto exporter = event.object("exporter");
  if (!exporter) return;
  exporter->address("address", r.exporter.address);
  exporter->number("domain", r.exporter.domain);
  exporter->number("sampling", r.sampling);
  if (r.sampling == 0) exporter->expected("sampling", "a number from 1 on");
}

// What Suricata and our EVE logs say outside of the objects that records have.
void read_sensor(const EveFields& event, flow::RecordBatch& batch) {
  std::string_view application = event.word("app_proto");
  if (application != "failed" && application != "unknown" && !application.empty())
    event.text("app_proto", batch.detail().application);
  if (event.has("in_iface")) event.text("in_iface", batch.detail().in_interface_name);
  if (const auto ether = event.object("ether")) {
    ether->first_mac("src_macs", batch.detail().source_mac);
    ether->first_mac("dest_macs", batch.detail().destination_mac);
  }
}

}  // namespace

void read_flow_event(const EveFields& event, flow::RecordBatch& batch, flow::Record& r) {
  read_ends(event, r);
  read_vlans(event, batch, r);
  const auto flow = event.object("flow");
  if (!flow) return event.expected("flow", "an object");
  read_side(*flow, "pkts_toserver", "bytes_toserver", "tos_toserver", r.sides[0]);
  read_side(*flow, "pkts_toclient", "bytes_toclient", "tos_toclient", r.sides[1]);
  read_times(*flow, r);
  flow->flag("times_of_message", r.times_of_message);
  flow->number("part", r.part);
  flow->number("flows", r.flows);
  if (r.flows == 0) flow->expected("flows", "a number from 1 on");
  r.end_reason = end_reason(*flow);
  read_flags(event, "tcp_flags_ts", r);
  read_exporter(event, r);
  read_sensor(event, batch);
  read_eve_detail(event, batch, r);
}

void read_netflow_event(const EveFields& event, flow::RecordBatch& batch, flow::Record& r) {
  read_ends(event, r);
  read_vlans(event, batch, r);
  const auto flow = event.object("netflow");
  if (!flow) return event.expected("netflow", "an object");
  read_side(*flow, "pkts", "bytes", "tos", r.sides[0]);
  read_times(*flow, r);
  read_flags(event, "tcp_flags", r);
  read_sensor(event, batch);
  if (flow->has("max_ttl")) {
    flow->number("min_ttl", batch.detail().sides[0].ttl_min);
    flow->number("max_ttl", batch.detail().sides[0].ttl_max);
  }
}

}  // namespace weir::engine
