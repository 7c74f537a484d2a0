#include "output/flow/flow_detail_json.h"

#include <algorithm>
#include <array>

#include "decoders/flow/hits.h"
#include "output/net_text.h"

namespace weir::output {
namespace {

using flow::Detail;
using flow::SideDetail;

void put(JsonWriter& out, JsonKey key, std::uint64_t number) {
  if (number != 0) out.number(key, number);
}
void put(JsonWriter& out, JsonKey key, std::string_view text) {
  if (!text.empty()) out.bytes(key, text);
}
void put(JsonWriter& out, JsonKey key, const IpAddress& address) {
  if (address.family != 0) out.plain(key, AddressText(address).view());
}

// An object without members is not written.
template <class Write>
void write_object(JsonWriter& out, JsonKey key, Write&& write) {
  const std::size_t begin = out.mark();
  {
    const auto object = out.object(key);
    write();
  }
  out.drop_if_empty(begin);
}

void write_three(JsonWriter& out, JsonKey key, std::uint64_t least, std::uint64_t mean, std::uint64_t most) {
  if (most == 0) return;
  const auto object = out.object(key);
  out.number("min", least);
  out.number("mean", mean);
  out.number("max", most);
}

void write_two(JsonWriter& out, JsonKey key, std::uint64_t least, std::uint64_t most) {
  if (most == 0) return;
  const auto object = out.object(key);
  out.number("min", least);
  out.number("max", most);
}

void write_options(JsonWriter& out, std::uint64_t options) {
  if (options == 0) return;
  const auto list = out.array("syn_options");
  for (std::uint64_t kind = 0; kind < 64; ++kind)
    if ((options >> kind & 1U) != 0) out.number(kind);
}

void write_tcp_side(JsonWriter& out, const SideDetail& s) {
  write_two(out, "window", s.window_min, s.window_max);
  put(out, "window_scale", s.window_scale);
  put(out, "mss", s.mss);
  write_options(out, s.syn_options);
  put(out, "first_tcp_flags", s.first_tcp_flags);
  put(out, "base_sequence", s.base_sequence);
  put(out, "retransmitted_pkts", s.retransmitted_packets);
  put(out, "retransmitted_bytes", s.retransmitted_bytes);
  put(out, "out_of_order_pkts", s.out_of_order_packets);
  put(out, "lost_bytes", s.lost_bytes);
  put(out, "zero_windows", s.zero_windows);
  put(out, "smoothed_rtt_us", s.smoothed_rtt_us);
}

void write_side(JsonWriter& out, JsonKey key, const flow::Side& side, const SideDetail& s) {
  if (side.packets == 0) return;
  write_object(out, key, [&] {
    put(out, "payload_bytes", s.payload_bytes);
    write_three(out, "size", s.size_min, s.size_mean, s.size_max);
    write_three(out, "gap_us", s.gap_min_us, s.gap_mean_us, s.gap_max_us);
    put(out, "jitter_us", s.jitter_us);
    write_two(out, "ttl", s.ttl_min, s.ttl_max);
    if (s.size_max != 0) put(out, "dscp", side.tos >> 2U);  // others say all of it elsewhere
    put(out, "ecn_marked", s.ecn_marked);
    put(out, "fragments", s.fragments);
    write_tcp_side(out, s);
    if (!s.payload.empty()) {
      out.hex("payload", {reinterpret_cast<const std::uint8_t*>(s.payload.data()), s.payload.size()});
      out.real("entropy", static_cast<double>(s.entropy_milli) / 1000);
    }
  });
}

std::string_view initiator_name(flow::InitiatorBy by) {
  constexpr std::array<std::string_view, 5> kNames{"", "exporter", "handshake", "ports", "first_packet"};
  return kNames[static_cast<std::size_t>(by)];
}

// 1: only the one that began sent, -1: only the other one.
void write_ratio(JsonWriter& out, const Detail& d) {
  const auto sent = static_cast<double>(d.sides[0].payload_bytes),
             got = static_cast<double>(d.sides[1].payload_bytes);
  if (sent + got > 0) out.real("producer_consumer_ratio", (sent - got) / (sent + got));
}

void write_gateway(JsonWriter& out, const Detail& d) {
  if (d.gateway_error == 0) return;
  const auto object = out.object("icmp_error");
  put(out, "from", d.gateway);
  out.number("icmp_type", d.gateway_error >> 8U & 0xffU);
  out.number("icmp_code", d.gateway_error & 0xffU);
}

void write_labels(JsonWriter& out, const Detail& d) {
  if (d.vlans[1] != 0) {
    const auto list = out.array("vlans");
    for (const std::uint16_t vlan : d.vlans)
      if (vlan != 0) out.number(vlan);
  }
  if (d.mpls[1] == 0) return;  // a single one stands in "path"
  const auto list = out.array("mpls");
  for (const std::uint32_t label : d.mpls)
    if (label != 0) out.number(label >> 4U);
}

void write_meter(JsonWriter& out, const flow::Record& r, const Detail& d) {
  write_object(out, "meter", [&] {
    put(out, "initiator_by", initiator_name(d.initiator_by));
    if (d.reversed) out.boolean("reversed", true);
    put(out, "history", d.history);
    put(out, "conn_state", d.state);
    put(out, "syn_to_synack_us", d.syn_to_synack_us);
    put(out, "synack_to_ack_us", d.synack_to_ack_us);
    write_ratio(out, d);
    write_side(out, "toserver", r.sides[0], d.sides[0]);
    write_side(out, "toclient", r.sides[1], d.sides[1]);
    write_gateway(out, d);
    write_labels(out, d);
  });
}

void write_hits(JsonWriter& out, const Detail& d) {
  if (!d.hit_rules.empty()) {
    const auto list = out.array("signatures");
    flow::for_each_rule_hit(d.hit_rules, [&](const flow::RuleHit& hit) {
      const auto object = out.object();
      out.number("gid", hit.gid);
      out.number("signature_id", hit.sid);
    });
  }
  if (d.hit_indicators.empty()) return;
  const auto list = out.array("indicators");
  flow::for_each_indicator_hit(d.hit_indicators, [&](const flow::IndicatorHit& hit) {
    const auto object = out.object();
    out.bytes("value", hit.value);
    out.bytes("feed", hit.feed);
  });
}

void write_rules(JsonWriter& out, const Detail& d) {
  write_object(out, "rules", [&] {
    put(out, "hits", d.rule_hits);
    put(out, "indicator_hits", d.indicator_hits);
    if (d.verdict != 0) out.plain("verdict", d.verdict == 2 ? "dropped" : "allowed");
    put(out, "dropped_by", d.verdict_rule);
    write_hits(out, d);
  });
}

}  // namespace

void write_flow_detail(JsonWriter& out, const flow::Record& r) {
  if (r.detail == nullptr) return;
  const Detail& d = *r.detail;
  write_meter(out, r, d);
  write_object(out, "tunnel", [&] {
    put(out, "src_ip", d.tunnel_source);
    put(out, "dest_ip", d.tunnel_destination);
    put(out, "kind", d.tunnel_kind);
    if (d.tunnel_source.family != 0) put(out, "id", d.tunnel_id);
  });
  write_object(out, "application", [&] {
    put(out, "id", d.application_id);
    put(out, "name", d.application);
    put(out, "host", d.host);
    put(out, "ja4", d.ja4);
    put(out, "certificate_sha256", d.certificate_sha256);
  });
  write_rules(out, d);
}

}  // namespace weir::output
