#include "engine/log/flow_recorder.h"

#include <utility>

#include "decoders/net/ip_protocol.h"
#include "engine/flow/flow_meter.h"

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
bool opens(const MeteredSide& side) {
  return (side.first_tcp_flags & (tcp_flag::syn | tcp_flag::ack)) == tcp_flag::syn;
}
bool answers(const MeteredSide& side) {
  constexpr std::uint8_t kBoth = tcp_flag::syn | tcp_flag::ack;
  return (side.first_tcp_flags & kBoth) == kBoth;
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
  const MeteredSide &client = meter.sides[0], &server = meter.sides[1];
  if (opens(client) || answers(server)) return {true, handshake};
  if (opens(server) || answers(client)) return {false, handshake};
  return initiator_by_ports(flow);
}

void swap_record(flow::Record& r) {
  std::swap(r.source, r.destination);
  std::swap(r.source_port, r.destination_port);
  std::swap(r.sides[0], r.sides[1]);
}

}  // namespace

flow::EndReason end_reason(const Flow& flow, FlowEnd end) {
  switch (end) {
    case FlowEnd::timeout:
      return flow.state == FlowState::closed ? flow::EndReason::end : flow::EndReason::idle;
    case FlowEnd::tcp_reuse: return flow::EndReason::end;
    case FlowEnd::forced: return flow::EndReason::resources;
    case FlowEnd::shutdown:
      return flow.state == FlowState::closed ? flow::EndReason::end : flow::EndReason::forced;
  }
  return flow::EndReason::unknown;
}

void fill_record(const Flow& flow, flow::Record& r, flow::Detail& detail) {
  const FlowMeter& meter = *flow.meter;
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
  for (std::size_t d = 0; d < r.sides.size(); ++d) r.sides[d] = side_of(meter.sides[d]);
  r.detail = &detail;
  const Initiator initiator = initiator_of(flow);
  detail.initiator_by = initiator.by;
  detail.reversed = initiator.is_client == meter.swapped;
  detail.vlans = flow.vlan;
  detail.gateway_error = meter.gateway_error;
  detail.gateway = meter.gateway;
  if (!initiator.is_client) swap_record(r);
}

void FlowRecorder::flow_end(const Flow& flow, FlowEnd reason) {
  const FlowMeter& meter = *flow.meter;
  if (meter.sides[0].packets + meter.sides[1].packets == 0) return;
  fill_record(flow, record_, detail_);
  record_.end_reason = end_reason(flow, reason);
  detail_.in_interface_name = interface_;
  tap_.record(record_);
}

}  // namespace weir::engine
