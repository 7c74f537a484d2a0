// The fields of exported records, group by group, in the order in which they are sent.
//
// visit_fields() calls an `Out` (wire_out.h) for each. Numbers are those of IANA's registry (decoders/flow/elements.def), and
// those of OwnElement under the enterprise number that the user has set.
#pragma once

#include "output/flow/export/record_shape.h"
#include "output/flow/export/wire_out.h"

namespace weir::output {

// What no element of the registry says. Numbers never change their meaning. (man/weir.yaml.5 lists them.)
enum class OwnElement : std::uint16_t {
  part = 1,          // of a flow that goes on
  initiator_by = 2,  // flow::InitiatorBy
  history = 3,       // in Zeek's letters
  state = 4,         // likewise
  syn_to_synack_us = 5,
  synack_to_ack_us = 6,
  smoothed_rtt_us = 7,
  payload_bytes = 8,
  retransmitted_packets = 9,
  retransmitted_bytes = 10,
  out_of_order_packets = 11,
  lost_bytes = 12,
  ja4 = 13,
  certificate_sha256 = 14,
  rule_hits = 15,
  indicator_hits = 16,
  verdict = 17,
  payload = 18,  // first bytes
  entropy_milli = 19
};

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

template <class Out>
void keys(Out& out, const RecordShape& shape, const FlowWay& way) {
  out.address(shape.is_v6 ? 27 : 8, way.source());
  out.address(shape.is_v6 ? 28 : 12, way.destination());
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

template <class Out>
void own_number(Out& out, OwnElement element, unsigned bytes, std::uint64_t value) {
  out.own(static_cast<std::uint16_t>(element), bytes, value);
}
template <class Out>
void own_text(Out& out, OwnElement element, std::string_view text) {
  out.own_text(static_cast<std::uint16_t>(element), text);
}

template <class Out>
void own(Out& out, const FlowWay& way) {
  const flow::Detail& d = way.detail();
  const flow::SideDetail& s = way.side_detail();
  own_number(out, OwnElement::part, 4, way.record().part);
  own_number(out, OwnElement::initiator_by, 1, static_cast<std::uint64_t>(d.initiator_by));
  own_text(out, OwnElement::history, d.history);
  own_text(out, OwnElement::state, d.state);
  own_number(out, OwnElement::syn_to_synack_us, 8, d.syn_to_synack_us);
  own_number(out, OwnElement::synack_to_ack_us, 8, d.synack_to_ack_us);
  own_number(out, OwnElement::smoothed_rtt_us, 8, s.smoothed_rtt_us);
  own_number(out, OwnElement::payload_bytes, 8, s.payload_bytes);
  own_number(out, OwnElement::retransmitted_packets, 8, s.retransmitted_packets);
  own_number(out, OwnElement::retransmitted_bytes, 8, s.retransmitted_bytes);
  own_number(out, OwnElement::out_of_order_packets, 8, s.out_of_order_packets);
  own_number(out, OwnElement::lost_bytes, 8, s.lost_bytes);
  own_text(out, OwnElement::ja4, d.ja4);
  own_text(out, OwnElement::certificate_sha256, d.certificate_sha256);
  own_number(out, OwnElement::rule_hits, 4, d.rule_hits);
  own_number(out, OwnElement::indicator_hits, 4, d.indicator_hits);
  own_number(out, OwnElement::verdict, 1, d.verdict);
  own_text(out, OwnElement::payload, s.payload);
  own_number(out, OwnElement::entropy_milli, 4, s.entropy_milli);
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
  if (shape.has_macs) {
    out.mac(56, way.source_mac());
    out.mac(80, way.destination_mac());
  }
  if (shape.has_application) out.number(95, 4, context.application_id);
  if (shape.has_packet_facts) export_fields::packet_facts(out, shape, way);
  if (shape.has_host) out.text(460, kMaxExportText, way.detail().host);
  if (shape.has_own) export_fields::own(out, way);
}

}  // namespace weir::output
