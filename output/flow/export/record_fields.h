// The fields of exported records, group by group, in the order in which they are sent.
//
// visit_fields() calls an `Out` (wire_out.h) for each. Numbers are those of IANA's registry (decoders/flow/elements.def), and
// those of decoders/flow/own_elements.def under the enterprise number that the user has set.
#pragma once

#include "decoders/flow/own_elements.h"
#include "output/flow/export/record_shape.h"
#include "output/flow/export/wire_out.h"

namespace weir::output {

// What the fields of a record need besides the record.
struct FieldContext {
  bool is_v9 = false;                // times are uptimes
  std::uint64_t boot_ms = 0;         // when the uptime began, since 1970
  std::uint32_t application_id = 0;  // of the record
};

constexpr std::uint64_t to_ms(TimeUs time) {
  return time > 0 ? static_cast<std::uint64_t>(time) / 1000 : 0;
}

namespace export_fields {

// All records of a shape have addresses of one length: one of IPv4 that is with one of IPv6 (received records may say anything) is
// mapped, none is zeros.
inline IpAddress in_shape(const IpAddress& a, const RecordShape& shape) {
  const std::uint8_t family = shape.is_v6 ? 6 : 4;
  if (a.family == family) return a;
  IpAddress out;
  if (shape.is_v6) out.bytes = mapped(a);
  out.family = family;
  return out;
}

template <class Out>
void keys(Out& out, const RecordShape& shape, const FlowWay& way) {
  out.address(shape.is_v6 ? 27 : 8, in_shape(way.source(), shape));
  out.address(shape.is_v6 ? 28 : 12, in_shape(way.destination(), shape));
  if (shape.kind == FlowKind::ports || shape.kind == FlowKind::tcp) {
    out.number(7, 2, way.source_port());
    out.number(11, 2, way.destination_port());
  } else if (shape.kind == FlowKind::icmp) {
    out.number(shape.is_v6 ? 139 : 32, 2, way.icmp_type_code());
  }
  out.number(4, 1, way.record().protocol);
}

template <class Out>
void counters(Out& out, const RecordShape& shape, const FlowWay& way, const FieldContext& context) {
  const flow::Side& side = way.side();
  const unsigned counter = shape.is_wide ? 8 : 4;
  out.number(5, 1, side.tos);
  if (shape.kind == FlowKind::tcp) out.number(6, 1, side.tcp_flags);
  out.number(1, counter, side.bytes);
  out.number(2, counter, side.packets);
  if (shape.has_flow_count) out.number(3, 4, way.record().flows);
  if (context.is_v9) {
    out.number(22, 4, to_ms(side.first) - context.boot_ms);
    out.number(21, 4, to_ms(side.last) - context.boot_ms);
  } else {
    out.number(152, 8, to_ms(side.first));
    out.number(153, 8, to_ms(side.last));
  }
  out.number(136, 1, static_cast<std::uint64_t>(way.record().end_reason));
}

// biflowDirection of RFC 5103: the source has begun, or nobody knows who has.
inline std::uint64_t biflow_direction(const FlowWay& way) {
  constexpr std::uint64_t kArbitrary = 0, kInitiator = 1;
  const flow::Detail* const detail = way.record().detail;
  return detail != nullptr && detail->initiator_by != flow::InitiatorBy::unknown ? kInitiator : kArbitrary;
}

template <class Out>
void reverse_counters(Out& out, const RecordShape& shape, const FlowWay& way) {
  const flow::Side& side = way.other_side();
  const unsigned counter = shape.is_wide ? 8 : 4;
  out.reverse(5, 1, side.tos);
  if (shape.kind == FlowKind::tcp) out.reverse(6, 1, side.tcp_flags);
  out.reverse(1, counter, side.bytes);
  out.reverse(2, counter, side.packets);
  out.reverse(152, 8, to_ms(side.first));
  out.reverse(153, 8, to_ms(side.last));
}

template <class Out>
void packet_facts(Out& out, const RecordShape& shape, const FlowWay& way) {
  const flow::SideDetail& d = way.side_detail();
  out.number(25, 4, d.size_min);
  out.number(26, 4, d.size_max);
  out.number(52, 1, d.ttl_min);
  out.number(53, 1, d.ttl_max);
  if (shape.kind == FlowKind::tcp) {
    out.number(184, 4, d.base_sequence);
    out.number(209, 8, d.syn_options);
    out.number(238, 2, d.window_scale);
  }
  if (!shape.is_biflow) return;
  const flow::SideDetail& back = way.other_side_detail();
  out.reverse(25, 4, back.size_min);
  out.reverse(26, 4, back.size_max);
  out.reverse(52, 1, back.ttl_min);
  out.reverse(53, 1, back.ttl_max);
  if (shape.kind == FlowKind::tcp) {
    out.reverse(184, 4, back.base_sequence);
    out.reverse(209, 8, back.syn_options);
    out.reverse(238, 2, back.window_scale);
  }
}

// The numbers of kinds of overlays, in the first byte of layer2SegmentId; 0: not said.
inline std::uint64_t overlay_number(std::string_view kind) {
  return kind == "vxlan" ? 1 : kind == "nvgre" ? 2 : 0;
}

template <class Out>
void tunnel(Out& out, const RecordShape& shape, const FlowWay& way) {
  const flow::Detail& d = way.detail();
  constexpr unsigned kKindAt = 56;
  if (shape.tunnel == TunnelFields::segment)
    out.number(351, 8, overlay_number(d.tunnel_kind) << kKindAt | d.tunnel_id);
  if (shape.tunnel == TunnelFields::gre_key) out.number(296, 4, d.tunnel_id);
  if (!shape.has_own) return;
  out.own_address(flow::kOwnTunnelSource, way.tunnel_source());
  out.own_address(flow::kOwnTunnelDestination, way.tunnel_destination());
  out.own(flow::kOwnTunnelId, 8, d.tunnel_id);
  out.own_text(flow::kOwnTunnelKind, d.tunnel_kind);
}

// Of that family; zeros where it is none.
inline IpAddress in_family(const IpAddress& a, NatFields nat) {
  const std::uint8_t family = nat == NatFields::v4 ? 4 : 6;
  if (a.family == family) return a;
  IpAddress zero;
  zero.family = family;
  return zero;
}

template <class Out>
void translation(Out& out, const RecordShape& shape, const FlowWay& way) {
  const bool is_v4 = shape.nat == NatFields::v4;
  out.address(is_v4 ? 225 : 281, in_family(way.nat_source(), shape.nat));
  out.address(is_v4 ? 226 : 282, in_family(way.nat_destination(), shape.nat));
  out.number(227, 2, way.nat_source_port());
  out.number(228, 2, way.nat_destination_port());
  out.number(230, 1, way.detail().nat_event);
}

template <class Out>
void rare(Out& out, const RecordShape& shape, const FlowWay& way) {
  constexpr std::uint16_t kFirstLabel = 70;
  constexpr unsigned kLabelBytes = 3;
  if (shape.has_customer_vlan) out.number(245, 2, way.detail().vlans[1]);
  for (unsigned i = 0; i < shape.mpls_labels; ++i)
    out.number(static_cast<std::uint16_t>(kFirstLabel + i), kLabelBytes, way.detail().mpls[i]);
  if (shape.tunnel != TunnelFields::none) tunnel(out, shape, way);
  if (shape.nat != NatFields::none) translation(out, shape, way);
}

template <class Out>
void own_of_side(Out& out, const flow::SideDetail& s, std::uint16_t which) {
#define FLOW(number, bytes, lvalue)
#define FLOW_TEXT(number, member)
#define SIDE(number, bytes, member) out.own((number) + which, bytes, s.member);
#define SIDE_TEXT(number, member) out.own_text((number) + which, s.member);
#include "decoders/flow/own_elements.def"
#undef FLOW
#undef FLOW_TEXT
#undef SIDE
#undef SIDE_TEXT
}

template <class Out>
void own(Out& out, const RecordShape& shape, const FlowWay& way) {
  const flow::Record& r = way.record();
  const flow::Detail& d = way.detail();
#define FLOW(number, bytes, lvalue) out.own(number, bytes, static_cast<std::uint64_t>(lvalue));
#define FLOW_TEXT(number, member) out.own_text(number, d.member);
#define SIDE(number, bytes, member)
#define SIDE_TEXT(number, member)
#include "decoders/flow/own_elements.def"
#undef FLOW
#undef FLOW_TEXT
#undef SIDE
#undef SIDE_TEXT
  own_of_side(out, way.side_detail(), 0);
  if (shape.is_biflow) own_of_side(out, way.other_side_detail(), flow::kOwnReverse);
}

}  // namespace export_fields

template <class Out>
void visit_fields(Out& out, const RecordShape& shape, const FlowWay& way, const FieldContext& context) {
  export_fields::keys(out, shape, way);
  export_fields::counters(out, shape, way, context);
  if (shape.is_biflow) {
    export_fields::reverse_counters(out, shape, way);
    out.number(239, 1, export_fields::biflow_direction(way));
  }
  if (shape.has_interfaces) {
    out.number(10, 4, way.in_interface());
    out.number(14, 4, way.out_interface());
  }
  if (shape.has_vlan) out.number(context.is_v9 ? 58 : 243, 2, way.record().vlan);
  if (shape.is_rare()) export_fields::rare(out, shape, way);
  if (shape.has_macs) {
    out.mac(56, way.source_mac());
    out.mac(80, way.destination_mac());
  }
  if (shape.has_application) out.number(95, 4, context.application_id);
  if (shape.has_packet_facts) export_fields::packet_facts(out, shape, way);
  if (shape.has_host) out.text(460, kMaxExportText, way.detail().host);
  if (shape.has_own) export_fields::own(out, shape, way);
}

}  // namespace weir::output
