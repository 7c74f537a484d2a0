#include "output/flow/export/record_shape.h"

#include <algorithm>

namespace weir::output {
namespace {

FlowKind kind_of(const flow::Record& r) {
  switch (r.protocol) {
    case kTcp: return FlowKind::tcp;
    case kIcmpV4:
    case kIcmpV6: return FlowKind::icmp;
    case kUdp:
    case kSctp: return FlowKind::ports;
    default: return r.source_port != 0 || r.destination_port != 0 ? FlowKind::ports : FlowKind::other;
  }
}

bool is_large(const flow::Side& side) {
  return ((side.packets | side.bytes) >> 32U) != 0;
}

bool is_said(const MacAddress& mac) {
  return mac != MacAddress{};
}

std::uint8_t label_count(const flow::Detail& d) {
  const auto end = std::find(d.mpls.begin(), d.mpls.end(), 0U);
  return static_cast<std::uint8_t>(end - d.mpls.begin());
}

TunnelFields tunnel_of(const flow::Detail& d, bool has_own) {
  if (d.tunnel_kind.empty() && d.tunnel_id == 0 && d.tunnel_source.family == 0) return TunnelFields::none;
  if (d.tunnel_kind == "vxlan" || d.tunnel_kind == "nvgre") return TunnelFields::segment;
  if (d.tunnel_kind == "gre" && d.tunnel_id != 0) return TunnelFields::gre_key;
  if (d.tunnel_kind.empty() && d.tunnel_source.family == 0) return TunnelFields::segment;
  return has_own ? TunnelFields::own : TunnelFields::none;
}

NatFields nat_of(const flow::Detail& d) {
  if (d.nat_source.family == 6 || d.nat_destination.family == 6) return NatFields::v6;
  const bool is_any = d.nat_source.family != 0 || d.nat_destination.family != 0 || d.nat_source_port != 0 ||
                      d.nat_destination_port != 0 || d.nat_event != 0;
  return is_any ? NatFields::v4 : NatFields::none;
}

void add_rare(RecordShape& out, const flow::Detail& d) {
  out.has_customer_vlan = d.vlans[1] != 0;
  out.mpls_labels = label_count(d);
  out.tunnel = tunnel_of(d, out.has_own);
  out.nat = nat_of(d);
  if (!out.is_rare()) return;
  out.is_wide = out.has_interfaces = true;
  out.has_vlan = out.has_vlan || out.has_customer_vlan;
}

}  // namespace

std::uint16_t RecordShape::number() const {
  unsigned out = 0;
  const auto add = [&out](auto digit, unsigned of) { out = out * of + static_cast<unsigned>(digit); };
  if (has_flow_count) {
    add(kind, 4);
    for (const bool bit : {is_v6, is_biflow, has_interfaces, has_vlan, has_macs, has_application, has_own})
      add(bit, 2);
    return static_cast<std::uint16_t>(kCommonShapes + kRareShapes + out);
  }
  if (!is_rare()) {
    for (const bool bit : {has_own, has_packet_facts, has_host, has_application, has_macs, has_vlan,
                           has_interfaces, is_biflow, is_wide, is_v6})
      add(bit, 2);
    add(kind, 4);
    return static_cast<std::uint16_t>(out);
  }
  add(kind, 4);
  for (const bool bit : {is_v6, is_biflow, has_macs, has_packet_facts}) add(bit, 2);
  add(has_application + has_host, 3);    // no host without an application,
  add(has_vlan + has_customer_vlan, 3);  // nor a second tag without a first
  add(mpls_labels, kMostLabels + 1);
  add(nat, 3);
  add(static_cast<unsigned>(tunnel) + (has_own ? 3U : 0U), 7);  // TunnelFields::own is of the user's elements
  return static_cast<std::uint16_t>(kCommonShapes + out);
}

RecordShape shape_of(const flow::Record& r, const InterfacePair& interfaces, const ShapeLimits& limits) {
  RecordShape out;
  out.is_v6 = r.source.family == 6 || r.destination.family == 6;
  out.kind = kind_of(r);
  out.is_biflow = limits.biflow && r.sides[0].packets != 0 && r.sides[1].packets != 0;
  out.is_wide = is_large(r.sides[0]) || is_large(r.sides[1]);
  out.has_interfaces = interfaces.in != 0 || interfaces.out != 0;
  out.has_vlan = r.vlan != 0;
  out.has_flow_count = r.flows > 1;
  out.is_wide = out.is_wide || out.has_flow_count;
  if (r.detail == nullptr) return out;
  const flow::Detail& d = *r.detail;
  out.has_macs = is_said(d.source_mac) || is_said(d.destination_mac);
  out.has_application = !d.application.empty() || d.application_id != 0;
  out.has_own = limits.own;
  if (out.has_flow_count) return out;
  // The element is about HTTP alone.
  out.has_host = limits.texts && !d.host.empty() && d.application.starts_with("http");
  out.has_packet_facts = d.sides[0].size_max != 0 || d.sides[1].size_max != 0;
  add_rare(out, d);
  return out;
}

}  // namespace weir::output
