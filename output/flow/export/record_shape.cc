#include "output/flow/export/record_shape.h"

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

}  // namespace

RecordShape shape_of(const flow::Record& r, const InterfacePair& interfaces, const ShapeLimits& limits) {
  RecordShape out;
  out.is_v6 = r.source.family == 6;
  out.kind = kind_of(r);
  out.is_biflow = limits.biflow && r.sides[0].packets != 0 && r.sides[1].packets != 0;
  out.is_wide = is_large(r.sides[0]) || is_large(r.sides[1]);
  out.has_interfaces = interfaces.in != 0 || interfaces.out != 0;
  out.has_vlan = r.vlan != 0;
  if (r.detail == nullptr) return out;
  const flow::Detail& d = *r.detail;
  out.has_macs = is_said(d.source_mac) || is_said(d.destination_mac);
  out.has_application = !d.application.empty() || d.application_id != 0;
  // The element is about HTTP alone.
  out.has_host = limits.texts && !d.host.empty() && d.application.starts_with("http");
  out.has_packet_facts = d.sides[0].size_max != 0 || d.sides[1].size_max != 0;
  out.has_own = limits.own;
  return out;
}

}  // namespace weir::output
