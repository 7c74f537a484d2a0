#include "engine/log/flow_recorder.h"

#include <array>
#include <cmath>
#include <utility>

#include "decoders/app/protocol.h"
#include "decoders/net/ip_protocol.h"
#include "engine/flow/app_state.h"

namespace weir::engine {
namespace {

// Servers are at the lower ones, clients at none of these; between them are those of privileged clients.
constexpr std::uint16_t kServerPorts = 512, kAnyPorts = 1024;
constexpr std::uint8_t kEchoReplyV4 = 0, kEchoReplyV6 = 129;

flow::Side side_of(const MeteredSide& m) {
  return {.packets = m.packets,
          .bytes = m.bytes,
          .first = m.first,
          .last = m.last,
          .tcp_flags = m.tcp_flags,
          .tos = m.tos};
}

// What the first packet of a direction says of who began.
bool opens(std::uint8_t flags) {
  return (flags & (tcp_flag::syn | tcp_flag::ack)) == tcp_flag::syn;
}
bool answers(std::uint8_t flags) {
  constexpr std::uint8_t kBoth = tcp_flag::syn | tcp_flag::ack;
  return (flags & kBoth) == kBoth;
}

struct Initiator {
  bool is_client;  // the flow's
  flow::InitiatorBy by;
};

Initiator initiator_by_ports(const Flow& flow) {
  const auto serves = [](std::uint16_t port, std::uint16_t other) {
    return port < kServerPorts && other >= kAnyPorts;
  };
  if (serves(flow.server_port, flow.client_port)) return {true, flow::InitiatorBy::ports};
  if (serves(flow.client_port, flow.server_port)) return {false, flow::InitiatorBy::ports};
  // What the parser found has made the other side the client.
  return {true, flow.meter->swapped ? flow::InitiatorBy::ports : flow::InitiatorBy::first_packet};
}

// The flow's client is the sender of its first packet, unless the session or the parser knew better.
Initiator initiator_of(const Flow& flow) {
  using enum flow::InitiatorBy;
  const FlowMeter& meter = *flow.meter;
  if (ip_protocol::is_icmp(flow.protocol)) {
    const bool reply = flow.icmp_type == (flow.protocol == ip_protocol::icmp ? kEchoReplyV4 : kEchoReplyV6);
    return {!reply, reply ? ports : first_packet};
  }
  if (!ip_protocol::has_ports(flow.protocol)) return {true, first_packet};
  const auto [client, server] = meter.first_tcp_flags;
  if (opens(client) || answers(server)) return {true, handshake};
  if (opens(server) || answers(client)) return {false, handshake};
  return initiator_by_ports(flow);
}

void swap_record(flow::Record& r, flow::Detail& d) {
  std::swap(r.source, r.destination);
  std::swap(r.source_port, r.destination_port);
  std::swap(r.sides[0], r.sides[1]);
  std::swap(d.sides[0], d.sides[1]);
  std::swap(d.source_mac, d.destination_mac);
}

flow::SideDetail side_detail_of(const FlowMeter& meter, const MeteredSide& m, Direction d) {
  const MeteredTcp& tcp = meter.tcp[index(d)];
  const std::string_view payload = meter.payload[index(d)];
  const std::uint64_t gaps = m.packets > 1 ? m.packets - 1 : 1;
  return {.payload_bytes = m.payload_bytes,
          .size_min = m.size_min,
          .size_mean = static_cast<std::uint32_t>(m.packets != 0 ? m.bytes / m.packets : 0),
          .size_max = m.size_max,
          .gap_min_us = m.gap_min,
          .gap_mean_us = static_cast<std::uint64_t>(m.last - m.first) / gaps,
          .gap_max_us = m.gap_max,
          .jitter_us = m.jitter,
          .ttl_min = m.ttl_min,
          .ttl_max = m.ttl_max,
          .first_tcp_flags = meter.first_tcp_flags[index(d)],
          .window_min = tcp.window_min,
          .window_max = tcp.window_max,
          .window_scale = tcp.window_scale,
          .mss = tcp.mss,
          .syn_options = tcp.syn_options,
          .base_sequence = tcp.base_sequence,
          .retransmitted_packets = m.retransmitted_packets,
          .retransmitted_bytes = m.retransmitted_bytes,
          .out_of_order_packets = m.out_of_order_packets,
          .lost_bytes = m.lost_bytes,
          .zero_windows = m.zero_windows,
          .fragments = m.fragments,
          .ecn_marked = m.ecn_marked,
          .smoothed_rtt_us = tcp.smoothed_rtt,
          .entropy_milli = entropy_milli(payload),
          .payload = payload};
}

std::string_view tunnel_name(Proto carrier) {
  switch (carrier) {
    case Proto::gre: return "gre";
    case Proto::ipv4: return "ipv4";
    case Proto::ipv6: return "ipv6";
    case Proto::teredo: return "teredo";
    case Proto::vxlan: return "vxlan";
    case Proto::geneve: return "geneve";
    case Proto::gtp_u: return "gtp-u";
    case Proto::erspan: return "erspan";
    default: return "other";
  }
}

void fill_surroundings(const Flow& flow, flow::Detail& out) {
  const FlowMeter& meter = *flow.meter;
  out.vlans = flow.vlan;
  out.source_mac = meter.source_mac;
  out.destination_mac = meter.destination_mac;
  out.gateway_error = meter.gateway_error;
  out.gateway = meter.gateway;
  if (meter.path == nullptr) return;
  const FlowPath& path = *meter.path;
  out.mpls = path.mpls;
  if (path.tunnel == Proto::none) return;
  out.tunnel_source = path.tunnel_source;
  out.tunnel_destination = path.tunnel_destination;
  out.tunnel_id = path.tunnel_id;
  out.tunnel_kind = tunnel_name(path.tunnel);
}

void fill_application(const Flow& flow, flow::Detail& out) {
  if (flow.app != nullptr && flow.app->protocol != AppProto::unknown &&
      flow.app->protocol != AppProto::failed)
    out.application = protocol_info(flow.app->protocol).name;
  if (const FlowIdentity* known = flow.meter->identity.get()) {
    out.host = known->host;
    out.ja4 = known->ja4;
    out.certificate_sha256 = known->certificate_sha256;
  }
}

// All but what is counted, and who began.
void fill_flow(const Flow& flow, flow::Record& r, flow::Detail& detail) {
  r = {};
  detail = {};
  r.source = flow.client;
  r.destination = flow.server;
  r.protocol = flow.protocol;
  r.has_icmp = ip_protocol::is_icmp(flow.protocol);
  if (r.has_icmp) {
    r.icmp_type = flow.icmp_type;
    r.icmp_code = flow.icmp_code;
  } else {
    r.source_port = flow.client_port;
    r.destination_port = flow.server_port;
  }
  r.vlan = flow.vlan[0];
  r.detail = &detail;
  const FlowMeter& meter = *flow.meter;
  detail.syn_to_synack_us = meter.syn_to_synack;
  detail.synack_to_ack_us = meter.synack_to_ack;
  detail.rule_hits = meter.rule_hits;
  detail.verdict_rule = meter.verdict_rule;
  detail.hit_rules = meter.hit_rules;
  fill_surroundings(flow, detail);
  fill_application(flow, detail);
}

void fill_side(const FlowMeter& meter, const MeteredSide& counted, Direction d, flow::Record& r,
               flow::Detail& detail) {
  r.sides[index(d)] = side_of(counted);
  detail.sides[index(d)] = side_detail_of(meter, counted, d);
}

// `turn`: the source is to be the one that began.
void fill_initiator(const Flow& flow, bool turn, flow::Record& r, flow::Detail& detail) {
  const Initiator initiator = initiator_of(flow);
  const bool is_tcp = flow.protocol == ip_protocol::tcp;
  detail.initiator_by = initiator.by;
  detail.reversed = initiator.is_client == flow.meter->swapped;
  detail.state = flow.meter->state(is_tcp, initiator.is_client ? Direction::to_server : Direction::to_client);
  detail.history = flow.meter->history();
  if (turn && !initiator.is_client) swap_record(r, detail);
}

}  // namespace

flow::EndReason end_reason(const Flow& flow, FlowEnd end) {
  switch (end) {
    case FlowEnd::timeout:
      return flow.state == FlowState::closed ? flow::EndReason::end : flow::EndReason::idle;
    case FlowEnd::none: return flow::EndReason::active;
    case FlowEnd::tcp_reuse: return flow::EndReason::end;
    case FlowEnd::forced: return flow::EndReason::resources;
    case FlowEnd::shutdown:
      return flow.state == FlowState::closed ? flow::EndReason::end : flow::EndReason::forced;
  }
  return flow::EndReason::unknown;
}

std::uint32_t entropy_milli(std::string_view bytes) {
  if (bytes.empty()) return 0;
  std::array<std::uint32_t, 256> seen{};
  for (const char c : bytes) ++seen[static_cast<std::uint8_t>(c)];
  const auto all = static_cast<double>(bytes.size());
  double bits = 0;
  for (const std::uint32_t n : seen)
    if (n != 0) bits -= n / all * std::log2(n / all);
  return static_cast<std::uint32_t>(std::lround(bits * 1000));
}

void fill_record(const Flow& flow, flow::Record& r, flow::Detail& detail) {
  fill_flow(flow, r, detail);
  for (const Direction d : {Direction::to_server, Direction::to_client})
    fill_side(*flow.meter, flow.meter->sides[index(d)], d, r, detail);
  fill_initiator(flow, true, r, detail);
}

void fill_whole_record(const Flow& flow, flow::Record& r, flow::Detail& detail) {
  fill_flow(flow, r, detail);
  for (const Direction d : {Direction::to_server, Direction::to_client})
    fill_side(*flow.meter, flow.meter->whole(d), d, r, detail);
  detail.rule_hits = flow.meter->whole_rule_hits();
  detail.hit_rules = flow.meter->whole_hit_rules();
  fill_initiator(flow, false, r, detail);
}

// Of what is told now; 0: of the whole flow.
std::uint32_t FlowRecorder::part_of(const FlowMeter& meter, FlowEnd reason) {
  return reason == FlowEnd::none || meter.part != 0 ? meter.part + 1 : 0;
}

// What only the run knows.
void FlowRecorder::finish(const Flow& flow) {
  detail_.in_interface_name = interface_;
  record_.sampling = sample_;
  if (inline_mode_) detail_.verdict = flow.dropped || flow.meter->verdict_rule != 0 ? 2 : 1;
}

void FlowRecorder::tell(Flow& flow, FlowEnd reason) {
  FlowMeter& meter = *flow.meter;
  if (!meter.has_packets()) return;
  const std::uint32_t part = part_of(meter, reason);
  if (tap_ != nullptr) {
    fill_record(flow, record_, detail_);
    finish(flow);
    record_.end_reason = end_reason(flow, reason);
    record_.part = part;
    tap_->record(record_);
  }
  meter.part = part;
  if (reason == FlowEnd::none) meter.begin_part();
}

const flow::Record& FlowRecorder::whole(const Flow& flow, FlowEnd reason) {
  fill_whole_record(flow, record_, detail_);
  finish(flow);
  record_.part = part_of(*flow.meter, reason);
  return record_;
}

}  // namespace weir::engine
