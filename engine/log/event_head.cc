#include "engine/log/event_head.h"

#include "decoders/net/ip_protocol.h"
#include "engine/flow/app_state.h"
#include "engine/tcp/tcp_session.h"

namespace weir::engine {
namespace {

void name_flow(output::EventHead& head, const Flow& flow) {
  head.flow_id = flow.id;
  if (flow.app != nullptr) head.parent_id = flow.app->parent;
}

void take_vlan(output::EventHead& head, const std::array<std::uint16_t, kMaxVlanTags>& ids,
               std::uint8_t count) {
  head.vlan = ids;
  head.vlan_count = count;
}

void name_capture(output::EventHead& head, const std::string* capture) {
  if (capture != nullptr) head.pcap_filename = *capture;
}

}  // namespace

output::EventHead head_of_packet(const Packet& packet, const Flow* flow) {
  output::EventHead head;
  head.time = packet.raw.time;
  if (flow != nullptr) name_flow(head, *flow);
  head.pcap_cnt = packet.is_pseudo() ? 0 : packet.raw.number;
  name_capture(head, packet.raw.capture);
  take_vlan(head, packet.vlan_ids, packet.vlan_count);
  head.source = packet.ip.source;
  head.destination = packet.ip.destination;
  head.source_port = packet.source_port;
  head.destination_port = packet.destination_port;
  head.has_ports = packet.has_tcp || packet.has_udp || packet.has_sctp;
  head.ip_protocol = packet.ip.protocol;
  head.ip_version = packet.ip.version;
  head.has_icmp = packet.has_icmp;
  head.icmp_type = packet.icmp.type;
  head.icmp_code = packet.icmp.code;
  head.has_spi = packet.ip.protocol == ip_protocol::esp && packet.find(Proto::esp) != nullptr;
  head.esp_spi = packet.esp_spi;
  head.packet_source = packet.origin;
  head.tunnel = packet.carrier;
  head.ether_source = packet.ether_source;
  head.ether_destination = packet.ether_destination;
  return head;
}

output::EventHead head_of_flow(const Flow& flow, Direction direction, TimeUs time) {
  output::EventHead head;
  const bool from_client = direction == Direction::to_server;
  head.time = time;
  name_flow(head, flow);
  name_capture(head, flow.capture);
  take_vlan(head, flow.vlan, flow.vlan_count);
  head.source = from_client ? flow.client : flow.server;
  head.destination = from_client ? flow.server : flow.client;
  head.source_port = from_client ? flow.client_port : flow.server_port;
  head.destination_port = from_client ? flow.server_port : flow.client_port;
  head.has_ports = ip_protocol::has_ports(flow.protocol);
  head.ip_protocol = flow.protocol;
  head.ip_version = flow.client.family;
  head.has_icmp = ip_protocol::is_icmp(flow.protocol);
  head.icmp_type = flow.icmp_type;
  head.icmp_code = flow.icmp_code;
  head.has_spi = flow.protocol == ip_protocol::esp;
  head.esp_spi = flow.esp_spi;
  head.has_packet_source = false;
  return head;
}

output::EventHead head_of_flow_packet(const Flow& flow, const Packet& packet, Direction direction) {
  output::EventHead head = head_of_flow(flow, direction, packet.raw.time);
  head.pcap_cnt = packet.is_pseudo() ? 0 : packet.raw.number;
  head.packet_source = packet.origin;
  head.tunnel = packet.carrier;
  head.has_packet_source = true;
  const bool same_way = flow.direction_of(packet) == direction;
  head.ether_source = same_way ? packet.ether_source : packet.ether_destination;
  head.ether_destination = same_way ? packet.ether_destination : packet.ether_source;
  return head;
}

std::string_view to_string(FlowState state) {
  switch (state) {
    case FlowState::fresh: return "new";
    case FlowState::established: return "established";
    case FlowState::closed: return "closed";
    case FlowState::bypassed: return "bypassed";
  }
  return {};
}

std::string_view to_string(FlowEnd end) {
  switch (end) {
    case FlowEnd::timeout: return "timeout";
    case FlowEnd::forced: return "forced";
    case FlowEnd::shutdown: return "shutdown";
    case FlowEnd::tcp_reuse: return "tcp_reuse";
    case FlowEnd::none: break;
  }
  return {};
}

void fill_flow_record(const Flow& flow, output::FlowRecord& out) {
  out = {};  // nothing of the flow that it told of before
  out.head = head_of_flow(flow, Direction::to_server, flow.last);
  if (const AppLayer* app = flow.app.get()) {
    out.app_proto = app->protocol;
    out.app_proto_ts = app->by_direction[index(Direction::to_server)];
    out.app_proto_tc = app->by_direction[index(Direction::to_client)];
    out.app_proto_orig = app->original;
    out.app_proto_expected = app->expected;
    if (app->parser != nullptr) {
      out.has_tx_count = true;
      out.tx_count = app->parser->transactions().next_id();
    }
  }
  out.packets = flow.packets;
  out.bytes = flow.bytes;
  out.start = flow.start;
  out.end = flow.last;
  out.state = to_string(flow.state);
  out.alerted = flow.alerted;
  out.emergency = flow.emergency;
  out.action = flow.dropped ? "drop" : flow.passed ? "pass" : "";
  out.ttl_min = flow.ttl_min;
  out.ttl_max = flow.ttl_max;
  out.is_tcp = flow.protocol == ip_protocol::tcp;
  out.has_icmp_response = flow.has_icmp_response;
  out.icmp_response_type = flow.icmp_response_type;
  out.icmp_response_code = flow.icmp_response_code;
  out.events_left_out = flow.events_left_out;
  out.events_cut = flow.events_cut;
  if (flow.tcp == nullptr || !flow.tcp->followed()) return;
  out.has_tcp_session = true;
  out.tcp_flags_ts = flow.tcp->flags(Direction::to_server);
  out.tcp_flags_tc = flow.tcp->flags(Direction::to_client);
  out.tcp_flags = static_cast<std::uint8_t>(out.tcp_flags_ts | out.tcp_flags_tc);
  out.tcp_state = to_string(flow.tcp->state());
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    const TcpStream& stream = flow.tcp->stream(d);
    out.tcp_gap[index(d)] = stream.has_gap();
    out.tcp_max_regions[index(d)] = stream.max_regions();
    out.tcp_urgent_oob_data[index(d)] = stream.urgent_bytes();
  }
}

}  // namespace weir::engine
