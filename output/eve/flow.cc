#include "decoders/text.h"
#include "output/eve/common.h"
#include "output/eve_type.h"
#include "output/flow/flow_detail_json.h"

namespace weir::output {
namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;

// Whole seconds of the clock between start and end, as Suricata counts: 0.9 to 1.1 is one second.
std::uint64_t age_seconds(const FlowRecord& r) {
  const std::int64_t age = r.end / kUsPerSecond - r.start / kUsPerSecond;
  return age < 0 ? 0 : static_cast<std::uint64_t>(age);
}

void write_mac_list(JsonWriter& out, JsonKey key, std::span<const MacAddress> addresses) {
  if (addresses.empty()) return;
  const auto list = out.array(key);
  for (const MacAddress& address : addresses) {
    std::array<char, 17> text{};
    for (std::size_t i = 0; i < address.size(); ++i) {
      put_hex(&text[i * 3], address[i]);
      if (i + 1 < address.size()) text[i * 3 + 2] = ':';
    }
    out.string({text.data(), text.size()});
  }
}

void write_macs(EveContext& eve, std::span<const MacAddress> source,
                std::span<const MacAddress> destination) {
  if (!eve.options.ethernet || (source.empty() && destination.empty())) return;
  const auto ether = eve.out.object("ether");
  write_mac_list(eve.out, "src_macs", source);
  write_mac_list(eve.out, "dest_macs", destination);
}

void write_exception_policies(JsonWriter& out, const FlowRecord& r) {
  if (r.exception_policies.empty()) return;
  const auto list = out.array("exception_policy");
  for (const auto& [target, policy] : r.exception_policies) {
    const auto item = out.object();
    out.plain("target", target);
    out.plain("policy", policy);
  }
}

void write_flow_object(EveContext& eve, const FlowRecord& r, bool exception_policy) {
  JsonWriter& out = eve.out;
  const auto flow = out.object("flow");
  write_flow_totals(eve, r);
  write_time(eve, "end", r.end);
  out.number("age", age_seconds(r));
  if (r.emergency) out.boolean("emergency", true);
  if (!r.state.empty()) out.plain("state", r.state);
  if (!r.reason.empty()) out.plain("reason", r.reason);
  if (r.metered != nullptr && r.metered->part != 0) out.number("part", r.metered->part);
  out.boolean("alerted", r.alerted);
  if (!r.action.empty()) out.plain("action", r.action);
  if (r.has_tx_count) out.number("tx_cnt", r.tx_count);
  if (exception_policy) write_exception_policies(out, r);
}

void write_tcp_object(JsonWriter& out, const FlowRecord& r) {
  const auto tcp = out.object("tcp");
  write_hex_byte(out, "tcp_flags", r.tcp_flags);
  write_hex_byte(out, "tcp_flags_ts", r.tcp_flags_ts);
  write_hex_byte(out, "tcp_flags_tc", r.tcp_flags_tc);
  write_tcp_flag_names(out, r.tcp_flags);
  if (!r.has_tcp_session) return;
  constexpr std::size_t ts = index(Direction::to_server), tc = index(Direction::to_client);
  if (!r.tcp_state.empty()) out.plain("state", r.tcp_state);
  if (r.tcp_gap[ts]) out.boolean("ts_gap", true);
  if (r.tcp_gap[tc]) out.boolean("tc_gap", true);
  out.number("ts_max_regions", r.tcp_max_regions[ts]);
  out.number("tc_max_regions", r.tcp_max_regions[tc]);
  if (r.tcp_urgent_oob_data[ts] != 0) out.number("ts_urgent_oob_data", r.tcp_urgent_oob_data[ts]);
  if (r.tcp_urgent_oob_data[tc] != 0) out.number("tc_urgent_oob_data", r.tcp_urgent_oob_data[tc]);
}

void write_left_out(JsonWriter& out, const FlowRecord& r) {
  const auto own = out.object("weir");
  out.number("events_left_out", r.events_left_out);
  out.number("events_truncated", r.events_cut);
}

// The head of a netflow event: that of the flow, seen from the side that sent.
EventHead turned(const FlowRecord& r) {
  EventHead head = r.head;
  std::swap(head.source, head.destination);
  std::swap(head.source_port, head.destination_port);
  if (r.has_icmp_response) {
    head.icmp_type = r.icmp_response_type;
    head.icmp_code = r.icmp_response_code;
  }
  return head;
}

class FlowWriter final : public EveWriter<FlowRecord> {
 public:
  explicit FlowWriter(const Settings& s) : exception_policy_(s.flag("exception-policy", false)) {}

  bool write(EveContext& eve, const FlowRecord& r) const override {
    JsonWriter& out = eve.out;
    const auto event = out.object();
    write_head(eve, r.head, "flow");
    if (r.has_icmp_response) {
      out.number("response_icmp_type", r.icmp_response_type);
      out.number("response_icmp_code", r.icmp_response_code);
    }
    write_macs(eve, r.source_macs, r.destination_macs);
    write_app_protos(out, r);
    write_flow_object(eve, r, exception_policy_);
    if (r.is_tcp) write_tcp_object(out, r);
    if (r.metered != nullptr) write_flow_detail(out, *r.metered);
    if ((r.events_left_out | r.events_cut) != 0) write_left_out(out, r);
    return true;
  }

 private:
  const bool exception_policy_;
};

// A direction without packets has no event.
class NetflowWriter final : public EveWriter<NetflowRecord> {
 public:
  explicit NetflowWriter(const Settings&) {}
  bool write(EveContext& eve, const NetflowRecord& record) const override;
};

bool NetflowWriter::write(EveContext& eve, const NetflowRecord& record) const {
  const FlowRecord& r = record.flow;
  JsonWriter& out = eve.out;
  const std::size_t side = index(record.direction);
  const bool to_server = record.direction == Direction::to_server;
  if (r.packets[side] == 0) return false;
  const auto event = out.object();
  write_head(eve, to_server ? r.head : turned(r), "netflow");
  if (to_server)
    write_macs(eve, r.source_macs, r.destination_macs);
  else
    write_macs(eve, r.destination_macs, r.source_macs);
  write_app_proto(out, r.app_proto);
  {
    const auto netflow = out.object("netflow");
    out.number("pkts", r.packets[side]);
    out.number("bytes", r.bytes[side]);
    write_time(eve, "start", r.start);
    write_time(eve, "end", r.end);
    out.number("age", age_seconds(r));
    out.number("min_ttl", r.ttl_min[side]);
    out.number("max_ttl", r.ttl_max[side]);
    if (r.has_tx_count) out.number("tx_cnt", r.tx_count);
  }
  if (!r.is_tcp) return true;
  const std::uint8_t flags = to_server ? r.tcp_flags_ts : r.tcp_flags_tc;
  const auto tcp = out.object("tcp");
  write_hex_byte(out, "tcp_flags", flags);
  write_tcp_flag_names(out, flags);
  return true;
}

}  // namespace

const EveType<FlowRecord> eve_type_flow{
    .name = "flow", .event_type = "flow", .make = make_writer<FlowRecord, FlowWriter>};
const EveType<NetflowRecord> eve_type_netflow{
    .name = "netflow", .event_type = "netflow", .make = make_writer<NetflowRecord, NetflowWriter>};

}  // namespace weir::output
