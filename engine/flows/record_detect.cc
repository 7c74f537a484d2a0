#include "engine/flows/record_detect.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "decoders/clock.h"
#include "decoders/net/ip_protocol.h"
#include "engine/flow/detect_state.h"
#include "engine/flow/flow_key.h"

namespace weir::engine {
namespace {

constexpr std::uint16_t kFirstHighPort = 1024;

bool is_past_handshake(const flow::Side& side) {
  constexpr std::uint8_t kSent = tcp_flag::psh | tcp_flag::fin;
  return (side.tcp_flags & tcp_flag::ack) != 0 && (side.tcp_flags & kSent) != 0;
}

// What is too much stays at the most.
std::uint64_t scaled(std::uint64_t count, std::uint32_t sampling) {
  std::uint64_t out = 0;
  return __builtin_mul_overflow(count, std::uint64_t{sampling}, &out)
             ? std::numeric_limits<std::uint64_t>::max()
             : out;
}

bool is_established(const flow::Record& r) {
  if (r.sides[0].packets != 0 && r.sides[1].packets != 0) return true;
  return r.protocol == ip_protocol::tcp && (is_past_handshake(r.sides[0]) || is_past_handshake(r.sides[1]));
}

}  // namespace

std::uint64_t flow_id_of(const flow::Record& r) {
  const bool source_first = std::tie(r.source, r.source_port) <= std::tie(r.destination, r.destination_port);
  FlowKey key;
  key.a = source_first ? r.source : r.destination;
  key.b = source_first ? r.destination : r.source;
  key.port_a = source_first ? r.source_port : r.destination_port;
  key.port_b = source_first ? r.destination_port : r.source_port;
  key.protocol = r.protocol;
  return make_flow_id(key, 0, 0);
}

bool is_reply(const flow::Record& record) {
  return record.sides[1].packets == 0 && record.source_port < kFirstHighPort && record.source_port != 0 &&
         record.destination_port >= kFirstHighPort;
}

RecordDetect::RecordDetect(std::shared_ptr<const rules::RuleSet> rules, rules::SharedState& shared)
    : detect_(std::move(rules), DetectSettings{}, shared) {}

// By the side that began, whatever way the record has it.
void RecordDetect::set_flow(const flow::Record& r, bool is_reply) {
  const std::size_t ahead = is_reply ? 1 : 0;
  for (const std::size_t way : {std::size_t{0}, std::size_t{1}}) {
    flow_.packets[way] = scaled(r.sides[way ^ ahead].packets, r.sampling);
    flow_.bytes[way] = scaled(r.sides[way ^ ahead].bytes, r.sampling);
  }
  flow_.client = is_reply ? r.destination : r.source;
  flow_.server = is_reply ? r.source : r.destination;
  flow_.client_port = is_reply ? r.destination_port : r.source_port;
  flow_.server_port = is_reply ? r.source_port : r.destination_port;
  flow_.protocol = r.protocol;
  std::tie(flow_.start, flow_.last) = times_of(r);
  flow_.id = flow_id_of(r);
  flow_.vars = {};
  if (flow_.detect != nullptr) *flow_.detect = FlowDetect{};
}

// What the record does not say the packet does not have.
void RecordDetect::set_packet(const flow::Record& r, std::size_t way) {
  const bool back = way != 0;
  packet_.raw.time = clock_;
  packet_.ip.version = r.source.family;
  packet_.ip.protocol = r.protocol;
  packet_.ip.source = back ? r.destination : r.source;
  packet_.ip.destination = back ? r.source : r.destination;
  packet_.source_port = back ? r.destination_port : r.source_port;
  packet_.destination_port = back ? r.source_port : r.destination_port;
  packet_.tcp.flags = r.sides[way].tcp_flags;
  packet_.has_tcp = r.protocol == ip_protocol::tcp && packet_.tcp.flags != 0;
  packet_.has_udp = r.protocol == ip_protocol::udp;
  packet_.has_icmp = r.has_icmp;
  packet_.icmp.type = r.icmp_type;
  packet_.icmp.code = r.icmp_code;
  packet_.vlan_count = r.vlan != 0 ? 1 : 0;
  packet_.vlan_ids[0] = r.vlan;
}

void RecordDetect::run(const flow::Record& record, const Visit& visit) {
  const bool reply = is_reply(record);
  set_flow(record, reply);
  clock_ = std::max(clock_, std::min(flow_.last, wall_clock()));
  told_.clear();
  for (const std::size_t way : {std::size_t{0}, std::size_t{1}}) {
    if (record.sides[way].packets == 0 && way != 0) break;
    set_packet(record, way);
    const Direction direction = (way != 0) == reply ? Direction::to_server : Direction::to_client;
    const DetectResult& result = detect_.run({.packet = packet_,
                                              .flow = &flow_,
                                              .direction = direction,
                                              .established = is_established(record),
                                              .no_payload = true,
                                              .told = told_});
    for (const Alert& alert : result.alerts) {
      told_.push_back(alert.signature->meta.number());
      if (!alert.suppressed) visit(alert, direction);
    }
    if (result.actions.passes) return;
  }
}

}  // namespace weir::engine
