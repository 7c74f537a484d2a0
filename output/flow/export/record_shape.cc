#include "output/flow/export/record_shape.h"

#include <algorithm>
#include <limits>

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
  return std::max(side.packets, side.bytes) > std::numeric_limits<std::uint32_t>::max();
}

bool is_said(const MacAddress& mac) {
  return mac != MacAddress{};
}

}  // namespace

RecordShape shape_of(const FlowWay& way, const ShapeLimits& limits) {
  const flow::Record& r = way.record();
  RecordShape out;
  out.is_v6 = r.source.family == 6;
  out.kind = kind_of(r);
  out.is_biflow = limits.biflow && way.other_side().packets != 0;
  out.is_wide = is_large(way.side()) || (out.is_biflow && is_large(way.other_side()));
  out.has_interfaces = way.in_interface() != 0 || way.out_interface() != 0;
  out.has_vlan = r.vlan != 0;
  if (r.detail == nullptr) return out;
  const flow::Detail& d = *r.detail;
  out.has_macs = is_said(d.source_mac) || is_said(d.destination_mac);
  out.has_application = !d.application.empty() || d.application_id != 0;
  out.has_host = limits.texts && !d.host.empty();
  out.has_packet_facts = way.side_detail().size_max != 0 || way.other_side_detail().size_max != 0;
  out.has_own = limits.own;
  return out;
}

}  // namespace weir::output
