// The members of a record's Detail, one after the other, for who writes or reads all of them.
//
// A visitor has number(T&), text(std::string_view&) and address(IpAddress&), and is called for each member in an order that is
// part of the journal's format: new members go to the end, none is ever taken out.
#pragma once

#include "decoders/flow/record.h"

namespace weir::output {

template <class SideDetail, class Visitor>
void visit_side_detail(SideDetail& s, Visitor& v) {
  v.number(s.payload_bytes);
  v.number(s.size_min);
  v.number(s.size_mean);
  v.number(s.size_max);
  v.number(s.gap_min_us);
  v.number(s.gap_mean_us);
  v.number(s.gap_max_us);
  v.number(s.jitter_us);
  v.number(s.ttl_min);
  v.number(s.ttl_max);
  v.number(s.first_tcp_flags);
  v.number(s.window_min);
  v.number(s.window_max);
  v.number(s.window_scale);
  v.number(s.mss);
  v.number(s.syn_options);
  v.number(s.base_sequence);
  v.number(s.retransmitted_packets);
  v.number(s.retransmitted_bytes);
  v.number(s.out_of_order_packets);
  v.number(s.lost_bytes);
  v.number(s.zero_windows);
  v.number(s.fragments);
  v.number(s.ecn_marked);
  v.number(s.smoothed_rtt_us);
  v.number(s.entropy_milli);
  v.text(s.payload);
}

// `Detail` is flow::Detail, const or not.
template <class Detail, class Visitor>
void visit_detail(Detail& d, Visitor& v) {
  for (auto& side : d.sides) visit_side_detail(side, v);
  v.number(d.initiator_by);
  v.number(d.reversed);
  v.text(d.history);
  v.text(d.state);
  v.number(d.syn_to_synack_us);
  v.number(d.synack_to_ack_us);
  v.number(d.gateway_error);
  v.address(d.gateway);
  for (auto& vlan : d.vlans) v.number(vlan);
  v.number(d.post_vlan);
  for (auto& label : d.mpls) v.number(label);
  for (auto& byte : d.source_mac) v.number(byte);
  for (auto& byte : d.destination_mac) v.number(byte);
  v.address(d.tunnel_source);
  v.address(d.tunnel_destination);
  v.number(d.tunnel_id);
  v.text(d.tunnel_kind);
  v.number(d.ingress_vrf);
  v.number(d.egress_vrf);
  v.text(d.in_interface_name);
  v.text(d.out_interface_name);
  v.address(d.nat_source);
  v.address(d.nat_destination);
  v.number(d.nat_source_port);
  v.number(d.nat_destination_port);
  v.number(d.nat_event);
  v.number(d.firewall_event);
  v.number(d.firewall_reason);
  v.text(d.user);
  v.number(d.flow_number);
  v.number(d.application_id);
  v.text(d.application);
  v.text(d.host);
  v.text(d.ja4);
  v.text(d.certificate_sha256);
  v.number(d.rule_hits);
  v.number(d.indicator_hits);
  v.number(d.verdict);
  v.number(d.verdict_rule);
  v.text(d.hit_rules);
  v.text(d.hit_indicators);
}

}  // namespace weir::output
