#include "output/flow/flow_json.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "output/eve/common.h"
#include "output/flow/flow_detail_json.h"
#include "output/net_text.h"

namespace weir::output {
namespace {

constexpr std::uint8_t kTcpProtocol = 6;
constexpr std::size_t kForward = index(Direction::to_server), kBackward = index(Direction::to_client);

// Those whose names all readers of flow records know: ICMP, IGMP, TCP, UDP, GRE, ESP, ICMP of IPv6, SCTP.
constexpr std::array<std::uint8_t, 8> kNamedProtocols{1, 2, 6, 17, 47, 50, 58, 132};

void put_time(JsonWriter& out, TimestampFormatter& times, JsonKey key, TimeUs time) {
  std::array<char, TimestampFormatter::kIsoBytes> text{};
  times.iso(time, text.data());
  out.plain(key, {text.data(), text.size()});
}

void put_address(JsonWriter& out, JsonKey key, const IpAddress& address) {
  if (address.family != 0) out.plain(key, AddressText(address).view());
}
void put_number(JsonWriter& out, JsonKey key, std::uint64_t number) {
  if (number != 0) out.number(key, number);
}
void put_text(JsonWriter& out, JsonKey key, std::string_view text) {
  if (!text.empty()) out.bytes(key, text);
}
void put_country(JsonWriter& out, JsonKey key, const flow::Country& country) {
  if (country != flow::Country{}) out.bytes(key, {country.data(), country.size()});
}
void put_mac(JsonWriter& out, JsonKey key, const MacAddress& mac) {
  if (std::any_of(mac.begin(), mac.end(), [](std::uint8_t b) { return b != 0; }))
    out.hex(key, Bytes{mac}, ':');
}

void write_counters(JsonWriter& out, TimestampFormatter& times, const flow::Record& r) {
  const auto object = out.object("flow");
  const flow::Side &ahead = r.sides[kForward], &back = r.sides[kBackward];
  const auto [start, end] = times_of(r);
  out.number("pkts_toserver", ahead.packets);
  out.number("pkts_toclient", back.packets);
  out.number("bytes_toserver", ahead.bytes);
  out.number("bytes_toclient", back.bytes);
  put_time(out, times, "start", start);
  put_time(out, times, "end", end);
  const bool differ = ahead.first != back.first || ahead.last != back.last;
  if (ahead.packets != 0 && back.packets != 0 && back.first != 0 && differ) {
    put_time(out, times, "start_toserver", ahead.first);
    put_time(out, times, "end_toserver", ahead.last);
    put_time(out, times, "start_toclient", back.first);
    put_time(out, times, "end_toclient", back.last);
  }
  constexpr TimeUs kSecond = 1'000'000;
  out.number("age", static_cast<std::uint64_t>(std::max<TimeUs>(end / kSecond - start / kSecond, 0)));
  if (r.times_of_message) out.boolean("times_of_message", true);
  if (const std::string_view reason = end_reason_name(r.end_reason); !reason.empty())
    out.plain("end_reason", reason);
  put_number(out, "part", r.part);
  if (r.flows != 1) out.number("flows", r.flows);
  put_number(out, "tos_toserver", ahead.tos);
  put_number(out, "tos_toclient", back.tos);
}

// Exporters say flags of other protocols, too.
void write_tcp(JsonWriter& out, const flow::Record& r) {
  const std::uint8_t ahead = r.sides[kForward].tcp_flags, back = r.sides[kBackward].tcp_flags;
  const auto both = static_cast<std::uint8_t>(ahead | back);
  if (r.protocol != kTcpProtocol && both == 0) return;
  const auto object = out.object("tcp");
  write_hex_byte(out, "tcp_flags", both);
  write_hex_byte(out, "tcp_flags_ts", ahead);
  write_hex_byte(out, "tcp_flags_tc", back);
}

// Records of a run's own meters have none.
bool has_exporter(const flow::Record& r) {
  return r.exporter.address.family != 0 || r.exporter.domain != 0 || r.sampling != 1;
}

void write_path(JsonWriter& out, const flow::Record& r) {
  static const flow::Detail kNothing;
  const flow::Detail& d = r.detail != nullptr ? *r.detail : kNothing;
  const std::size_t begin = out.mark();
  {
    const auto object = out.object("path");
    put_number(out, "in_interface", r.in_interface);
    put_text(out, "in_interface_name", d.in_interface_name);
    put_number(out, "out_interface", r.out_interface);
    put_text(out, "out_interface_name", d.out_interface_name);
    if (r.observed_at != 0) out.plain("observed_at", r.observed_at == 1 ? "ingress" : "egress");
    put_address(out, "next_hop", r.routing.next_hop);
    put_number(out, "src_as", r.routing.source_as);
    put_number(out, "dest_as", r.routing.destination_as);
    put_number(out, "src_mask", r.routing.source_mask);
    put_number(out, "dest_mask", r.routing.destination_mask);
    put_number(out, "post_vlan", d.post_vlan);
    put_mac(out, "src_mac", d.source_mac);
    put_mac(out, "dest_mac", d.destination_mac);
    if (d.mpls[1] == 0) put_number(out, "mpls_label", d.mpls[0] >> 4U);
    put_number(out, "ingress_vrf", d.ingress_vrf);
    put_number(out, "egress_vrf", d.egress_vrf);
    if (d.tunnel_source.family == 0) put_number(out, "tunnel_id", d.tunnel_id);
  }
  out.drop_if_empty(begin);
}

void write_translation(JsonWriter& out, const flow::Detail& d) {
  const std::size_t begin = out.mark();
  {
    const auto object = out.object("nat");
    put_address(out, "src_ip", d.nat_source);
    put_number(out, "src_port", d.nat_source_port);
    put_address(out, "dest_ip", d.nat_destination);
    put_number(out, "dest_port", d.nat_destination_port);
    put_number(out, "event", d.nat_event);
  }
  out.drop_if_empty(begin);
  const std::size_t firewall = out.mark();
  {
    const auto object = out.object("firewall");
    put_number(out, "event", d.firewall_event);
    put_number(out, "reason", d.firewall_reason);
    put_text(out, "user", d.user);
  }
  out.drop_if_empty(firewall);
}

}  // namespace

void write_flow_record(JsonWriter& out, TimestampFormatter& times, const flow::Record& r) {
  const auto event = out.object();
  put_time(out, times, "timestamp", times_of(r).second);
  out.plain("event_type", "flow");
  if (r.vlan != 0) {
    const auto list = out.array("vlan");
    out.number(r.vlan);
  }
  put_address(out, "src_ip", r.source);
  if (!r.has_icmp) out.number("src_port", r.source_port);
  put_address(out, "dest_ip", r.destination);
  if (!r.has_icmp) out.number("dest_port", r.destination_port);
  out.string("proto", flow_protocol_name(r.protocol));
  if (r.has_icmp) {
    out.number("icmp_type", r.icmp_type);
    out.number("icmp_code", r.icmp_code);
  }
  put_country(out, "src_country", r.countries[kForward]);
  put_country(out, "dest_country", r.countries[kBackward]);
  write_counters(out, times, r);
  write_tcp(out, r);
  if (has_exporter(r)) write_exporter(out, {r.exporter.address, r.exporter.domain, r.sampling});
  write_path(out, r);
  if (r.detail == nullptr) return;
  write_translation(out, *r.detail);
  write_flow_detail(out, r);
}

void write_exporter_account(JsonWriter& out, TimestampFormatter& times, const ExporterAccount& e) {
  const flow::Account& a = e.account;
  const auto object = out.object();
  out.plain("address", exporter_name(e.exporter));
  if (e.domain) out.number("domain", *e.domain);
  put_number(out, "version", a.version);
  out.number("messages", a.messages);
  out.number("bytes", a.bytes);
  out.number("records", a.records);
  out.number("options", a.options);
  out.number("lost", a.lost);
  out.number("no_template", a.no_template);
  out.number("malformed", a.malformed);
  out.number("over_limit", a.over_limit);
  if (a.last_message == 0) return;
  out.real("clock_offset_s", static_cast<double>(a.clock_offset_us) / 1e6);
  put_time(out, times, "first", a.first_message);
  put_time(out, times, "last", a.last_message);
}

std::string_view flow_protocol_name(std::uint8_t protocol) {
  if (std::find(kNamedProtocols.begin(), kNamedProtocols.end(), protocol) != kNamedProtocols.end())
    return ip_protocol_name(protocol);
  static const auto kDigits = [] {
    std::array<std::array<char, 4>, 256> out{};
    for (std::size_t i = 0; i < out.size(); ++i) fmt::format_to(out[i].data(), "{}", i);
    return out;
  }();
  return kDigits[protocol].data();
}

std::string_view end_reason_name(flow::EndReason reason) {
  constexpr std::array<std::string_view, 6> kNames{"", "idle", "active", "end", "forced", "resources"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::string exporter_name(const IpAddress& exporter) {
  return exporter.family == 0 ? "file" : to_string(exporter);
}

}  // namespace weir::output
