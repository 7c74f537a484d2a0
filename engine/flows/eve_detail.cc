// What stands in an event besides its counters: the inverse of output/flow/flow_json.cc and flow_detail_json.cc.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "decoders/flow/hits.h"
#include "engine/flows/eve_record.h"

namespace weir::engine {
namespace {

using flow::Detail;
using flow::SideDetail;

void read_path(const EveFields& path, flow::Record& r, Detail& d) {
  path.number("in_interface", r.in_interface);
  path.text("in_interface_name", d.in_interface_name);
  path.number("out_interface", r.out_interface);
  path.text("out_interface_name", d.out_interface_name);
  if (const std::string_view place = path.word("observed_at"); place == "ingress")
    r.observed_at = 1;
  else if (place == "egress")
    r.observed_at = 2;
  else if (!place.empty())
    path.expected("observed_at", "ingress or egress");
  path.address("next_hop", r.routing.next_hop);
  path.number("src_as", r.routing.source_as);
  path.number("dest_as", r.routing.destination_as);
  path.number("src_mask", r.routing.source_mask);
  path.number("dest_mask", r.routing.destination_mask);
  path.number("post_vlan", d.post_vlan);
  path.mac("src_mac", d.source_mac);
  path.mac("dest_mac", d.destination_mac);
  std::uint32_t label = 0;
  if (path.number("mpls_label", label)) d.mpls[0] = label << 4U;
  path.number("ingress_vrf", d.ingress_vrf);
  path.number("egress_vrf", d.egress_vrf);
  path.number("tunnel_id", d.tunnel_id);
}

// A record needs no detail for what it has itself.
bool needs_detail(const EveFields& path) {
  constexpr std::array kOfRecord{"in_interface", "out_interface", "observed_at", "next_hop",
                                 "src_as",       "dest_as",       "src_mask",    "dest_mask"};
  const auto of_record =
      std::count_if(kOfRecord.begin(), kOfRecord.end(), [&](const char* key) { return path.has(key); });
  return path.size() > static_cast<std::size_t>(of_record);
}

void read_translation(const EveFields& nat, Detail& d) {
  nat.address("src_ip", d.nat_source);
  nat.number("src_port", d.nat_source_port);
  nat.address("dest_ip", d.nat_destination);
  nat.number("dest_port", d.nat_destination_port);
  nat.number("event", d.nat_event);
}

void read_firewall(const EveFields& firewall, Detail& d) {
  firewall.number("event", d.firewall_event);
  firewall.number("reason", d.firewall_reason);
  firewall.text("user", d.user);
}

template <class T>
void read_range(const EveFields& side, const char* key, T& least, T& most, T* mean = nullptr) {
  const auto range = side.object(key);
  if (!range) return;
  range->number("min", least);
  if (mean != nullptr) range->number("mean", *mean);
  range->number("max", most);
}

void read_meter_side(const EveFields& in, flow::Side& side, SideDetail& s) {
  in.number("payload_bytes", s.payload_bytes);
  read_range(in, "size", s.size_min, s.size_max, &s.size_mean);
  read_range(in, "gap_us", s.gap_min_us, s.gap_max_us, &s.gap_mean_us);
  in.number("jitter_us", s.jitter_us);
  read_range(in, "ttl", s.ttl_min, s.ttl_max);
  if (std::uint8_t dscp = 0; side.tos == 0 && in.number("dscp", dscp))
    side.tos = static_cast<std::uint8_t>((dscp & 0x3fU) << 2U);
  in.number("ecn_marked", s.ecn_marked);
  in.number("fragments", s.fragments);
  read_range(in, "window", s.window_min, s.window_max);
  in.number("window_scale", s.window_scale);
  in.number("mss", s.mss);
  for (const std::uint64_t kind : in.numbers("syn_options", 63, 64))
    s.syn_options |= std::uint64_t{1} << kind;
  in.number("first_tcp_flags", s.first_tcp_flags);
  in.number("base_sequence", s.base_sequence);
  in.number("retransmitted_pkts", s.retransmitted_packets);
  in.number("retransmitted_bytes", s.retransmitted_bytes);
  in.number("out_of_order_pkts", s.out_of_order_packets);
  in.number("lost_bytes", s.lost_bytes);
  in.number("zero_windows", s.zero_windows);
  in.number("smoothed_rtt_us", s.smoothed_rtt_us);
  in.hex("payload", s.payload);
  constexpr double kMostEntropy = 8;  // bits a byte
  if (double bits = 0; in.real("entropy", bits)) {
    if (bits >= 0 && bits <= kMostEntropy)
      s.entropy_milli = static_cast<std::uint32_t>(std::lround(bits * 1000));
    else
      in.expected("entropy", "a number up to 8");
  }
}

void read_initiator(const EveFields& meter, Detail& d) {
  constexpr std::array<std::string_view, 5> kNames{"", "exporter", "handshake", "ports", "first_packet"};
  const std::string_view name = meter.word("initiator_by");
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end())
    return meter.expected("initiator_by", "exporter, handshake, ports or first_packet");
  d.initiator_by = static_cast<flow::InitiatorBy>(found - kNames.begin());
}

// Lists are written when there is a second one, and without those that are zero: a single one is the second.
template <class List>
void read_list(const std::vector<std::uint64_t>& numbers, unsigned shift, List& to) {
  const std::size_t first = numbers.size() == 1 ? 1 : 0;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    to[first + i] = static_cast<typename List::value_type>(numbers[i] << shift);
}

void read_meter(const EveFields& meter, flow::Record& r, Detail& d) {
  read_initiator(meter, d);
  meter.flag("reversed", d.reversed);
  meter.text("history", d.history);
  meter.text("conn_state", d.state);
  meter.number("syn_to_synack_us", d.syn_to_synack_us);
  meter.number("synack_to_ack_us", d.synack_to_ack_us);
  if (const auto side = meter.object("toserver")) read_meter_side(*side, r.sides[0], d.sides[0]);
  if (const auto side = meter.object("toclient")) read_meter_side(*side, r.sides[1], d.sides[1]);
  if (const auto error = meter.object("icmp_error")) {
    std::uint8_t type = 0, code = 0;
    error->address("from", d.gateway);
    error->number("icmp_type", type);
    error->number("icmp_code", code);
    d.gateway_error = std::uint32_t{1} << 16U | std::uint32_t{type} << 8U | code;
  }
  read_list(meter.numbers("vlans", 0xffff, d.vlans.size()), 0, d.vlans);
  read_list(meter.numbers("mpls", 0xfffff, d.mpls.size()), 4, d.mpls);
}

void read_tunnel(const EveFields& tunnel, Detail& d) {
  tunnel.address("src_ip", d.tunnel_source);
  tunnel.address("dest_ip", d.tunnel_destination);
  tunnel.text("kind", d.tunnel_kind);
  tunnel.number("id", d.tunnel_id);
}

void read_application(const EveFields& application, Detail& d) {
  application.number("id", d.application_id);
  application.text("name", d.application);
  application.text("host", d.host);
  application.text("ja4", d.ja4);
  application.text("certificate_sha256", d.certificate_sha256);
}

void read_hits(const EveFields& rules, Detail& d) {
  std::string numbers, indicators;
  for (const EveFields& hit : rules.objects("signatures", flow::kMaxHitRules)) {
    flow::RuleHit rule;
    hit.number("gid", rule.gid);
    hit.number("signature_id", rule.sid);
    flow::add_hit(numbers, rule);
  }
  for (const EveFields& hit : rules.objects("indicators", flow::kMaxHitIndicators))
    flow::add_hit(indicators, flow::IndicatorHit{hit.word("feed"), hit.word("value")});
  if (!numbers.empty()) d.hit_rules = rules.keep(numbers);
  if (!indicators.empty()) d.hit_indicators = rules.keep(indicators);
}

void read_rules(const EveFields& rules, Detail& d) {
  rules.number("hits", d.rule_hits);
  rules.number("indicator_hits", d.indicator_hits);
  if (const std::string_view verdict = rules.word("verdict"); verdict == "dropped")
    d.verdict = 2;
  else if (verdict == "allowed")
    d.verdict = 1;
  else if (!verdict.empty())
    rules.expected("verdict", "allowed or dropped");
  rules.number("dropped_by", d.verdict_rule);
  read_hits(rules, d);
}

}  // namespace

void read_eve_detail(const EveFields& event, flow::RecordBatch& batch, flow::Record& r) {
  if (const auto path = event.object("path")) {
    Detail unused;
    read_path(*path, r, needs_detail(*path) ? batch.detail() : unused);
  }
  if (const auto nat = event.object("nat")) read_translation(*nat, batch.detail());
  if (const auto firewall = event.object("firewall")) read_firewall(*firewall, batch.detail());
  if (const auto meter = event.object("meter")) read_meter(*meter, r, batch.detail());
  if (const auto tunnel = event.object("tunnel")) read_tunnel(*tunnel, batch.detail());
  if (const auto application = event.object("application")) read_application(*application, batch.detail());
  if (const auto rules = event.object("rules")) read_rules(*rules, batch.detail());
}

}  // namespace weir::engine
