#include "engine/flow/flow_table.h"

#include <algorithm>
#include <new>
#include <tuple>
#include <utility>

#include "decoders/net/ip_protocol.h"
#include "engine/flow/flow_macs.h"
#include "engine/flow/flow_meter.h"

namespace weir::engine {
namespace {

constexpr std::size_t kMaxInitialSlots = std::size_t{1} << 24U;

void set_identity(Flow& flow, const Packet& p, const PacketKey& key, std::uint64_t hash) {
  flow.key = key.key;
  flow.hash = hash;
  flow.client_is_a = key.source_is_a;
  flow.client = p.ip.source;
  flow.server = p.ip.destination;
  flow.client_port = p.source_port;
  flow.server_port = p.destination_port;
  flow.protocol = key.key.protocol;
  flow.vlan = p.vlan_ids;
  flow.vlan_count = p.vlan_count;
  flow.esp_spi = p.esp_spi;
  if (p.has_icmp) {
    flow.icmp_type = p.icmp.type;
    flow.icmp_code = p.icmp.code;
  }
  flow.start = flow.last = p.raw.time;
  flow.first_packet = p.raw.number;
  flow.id = make_flow_id(flow.key, flow.start, flow.first_packet);
}

// Bytes of the packet as Suricata counts them: what a VXLAN tunnel carries begins with its IP header.
std::uint64_t counted_bytes(const Packet& p) {
  if (p.carrier == Proto::vxlan)
    for (const Layer& layer : p.layers)
      if (layer.proto == Proto::ipv4 || layer.proto == Proto::ipv6) return p.frame.size() - layer.offset;
  return p.frame.size();
}

// Suricata gives both directions of IPv6 in IPv4 as one.
bool is_one_way(const Flow& flow) {
  return flow.protocol == ip_protocol::ipv6;
}

Direction direction_of(const Flow& flow, const PacketKey& key) {
  return key.source_is_a == flow.client_is_a || is_one_way(flow) ? Direction::to_server
                                                                 : Direction::to_client;
}

bool both_sides_seen(const Flow& flow) {
  return flow.packets[0] != 0 && flow.packets[1] != 0;
}

}  // namespace

FlowTable::FlowTable(const FlowTableSettings& settings)
    : settings_(settings),
      flow_bytes_(sizeof(Flow) + (settings.metered ? FlowMeter::memory_bytes(settings.metered_payload) : 0)),
      seed_(process_hash_seed()),
      index_(std::min<std::size_t>(settings.hash_size, kMaxInitialSlots)) {
  pool_.reserve(std::min<std::uint64_t>(settings.prealloc, settings.memcap_bytes / flow_bytes_));
  ended_.reserve(kRoomForEnded);
}

FlowTable::~FlowTable() {
  timer_.take_all([this](Flow& flow) { pool_.release(&flow); });
}

std::int64_t FlowTable::deadline_s(const Flow& flow) const {
  const auto& table = emergency_ ? settings_.emergency_timeout_s : settings_.timeout_s;
  return to_seconds(flow.last) +
         table[static_cast<std::size_t>(flow_class(flow.protocol))][static_cast<std::size_t>(flow.state)];
}

FlowTable::Lookup FlowTable::look_up(const Packet& packet, const PacketKey& key) {
  if (key.kind == PacketKey::Kind::none) return {};
  const std::uint64_t hash = hash_key(key.key, seed_);
  Flow* flow = index_.find(hash, key.key);
  if (flow != nullptr && expired(*flow, to_seconds(packet.raw.time))) {
    flow->emergency |= emergency_;
    end(flow, FlowEnd::timeout);
    flow = nullptr;
  }
  Lookup out{.flow = flow};
  if (flow == nullptr) {
    if (key.kind != PacketKey::Kind::own) return {};
    out.flow = create(packet, key, hash);
    out.created = true;
    if (out.flow == nullptr) return {.refused = true};
  }
  out.direction = direction_of(*out.flow, key);
  count_packet(*out.flow, packet, out.direction);
  return out;
}

// Of a header that the decoder refused the packet does not name the ports.
void FlowTable::mark_metered(Flow& flow, const PacketKey& key) {
  flow.only_metered = true;
  if (!ip_protocol::has_ports(flow.protocol)) return;
  flow.client_port = key.source_is_a ? key.key.port_a : key.key.port_b;
  flow.server_port = key.source_is_a ? key.key.port_b : key.key.port_a;
}

FlowTable::Lookup FlowTable::find(const Packet& packet) const {
  const PacketKey key = make_packet_key(packet, settings_.key);
  if (key.kind != PacketKey::Kind::own) return {};
  Flow* const flow = index_.find(hash_key(key.key, seed_), key.key);
  if (flow == nullptr || expired(*flow, to_seconds(packet.raw.time))) return {};
  return {.flow = flow, .direction = direction_of(*flow, key)};
}

Flow* FlowTable::find_quoted(const Packet& error) const {
  const PacketKey key = make_quoted_key(error, settings_.key);
  return key.kind == PacketKey::Kind::none ? nullptr : index_.find(hash_key(key.key, seed_), key.key);
}

Flow* FlowTable::create(const Packet& packet, const PacketKey& key, std::uint64_t hash) {
  if (memory_bytes() + flow_bytes_ > settings_.memcap_bytes && !make_room(packet)) {
    ++stats_.refused;
    return nullptr;
  }
  index_.make_room();
  auto meter = settings_.metered ? std::make_unique<FlowMeter>() : nullptr;
  if (meter != nullptr) meter->payload_limit = settings_.metered_payload;
  Flow* const flow = pool_.make();
  flow->meter = std::move(meter);
  set_identity(*flow, packet, key, hash);
  index_.insert(flow);
  timer_.file(*flow, deadline_s(*flow));
  if (settings_.metered) file_report(*flow, to_seconds(flow->start));
  ++stats_.created;
  return flow;
}

// At the memcap: shorter timeouts first, then the flow that has the least time left goes. Only a SYN is worth
// that.
bool FlowTable::make_room(const Packet& packet) {
  if (!emergency_) enter_emergency();
  const bool begins = !packet.has_tcp || (packet.tcp.flags & tcp_flag::syn) != 0;
  if (!begins && !settings_.any_makes_room) return false;
  const std::uint64_t wanted = index_.memory_bytes() + flow_bytes_;
  if (wanted > settings_.memcap_bytes) return false;
  while (wanted + size() * flow_bytes_ > settings_.memcap_bytes) {
    Flow* const victim = timer_.earliest();
    if (victim == nullptr) return false;
    victim->emergency = true;
    end(victim, FlowEnd::forced);
  }
  return true;
}

void FlowTable::enter_emergency() {
  emergency_ = true;
  ++stats_.emergencies;
  std::vector<Flow*> all;
  all.reserve(size());
  timer_.take_all([&all](Flow& flow) { all.push_back(&flow); });
  for (Flow* flow : all) timer_.file(*flow, deadline_s(*flow));
}

void FlowTable::count_packet(Flow& flow, const Packet& packet, Direction direction) {
  const std::size_t d = index(direction);
  ++flow.packets[d];
  flow.bytes[d] += counted_bytes(packet);
  flow.ttl_min[d] = std::min(flow.ttl_min[d], packet.ip.ttl);
  flow.ttl_max[d] = std::max(flow.ttl_max[d], packet.ip.ttl);
  last_before_ = flow.last;
  capture_before_ = flow.capture;
  flow.last = std::max(flow.last, packet.raw.time);
  flow.capture = packet.raw.capture;
  if (packet.has_icmp && direction == Direction::to_client && !flow.has_icmp_response &&
      flow_class(flow.protocol) == FlowClass::icmp) {
    flow.has_icmp_response = true;
    flow.icmp_response_type = packet.icmp.type;
    flow.icmp_response_code = packet.icmp.code;
  }
  // TCP: the session says when. An ICMP error is about the flow, not an answer in it.
  const FlowClass kind = flow_class(flow.protocol);
  const bool answers = kind != FlowClass::tcp && (!packet.has_icmp || kind == FlowClass::icmp);
  if (answers && flow.state == FlowState::fresh && both_sides_seen(flow))
    set_state(flow, FlowState::established);
}

void FlowTable::set_state(Flow& flow, FlowState state) {
  if (flow.state == state) return;
  const std::int64_t before = deadline_s(flow);
  flow.state = state;
  const std::int64_t after = deadline_s(flow);
  if (after < before) timer_.refile(flow, after);
}

void FlowTable::swap_sides(Flow& flow) {
  std::swap(flow.client, flow.server);
  std::swap(flow.client_port, flow.server_port);
  std::swap(flow.packets[0], flow.packets[1]);
  std::swap(flow.bytes[0], flow.bytes[1]);
  std::swap(flow.ttl_min[0], flow.ttl_min[1]);
  std::swap(flow.ttl_max[0], flow.ttl_max[1]);
  if (flow.meter != nullptr) flow.meter->swap_sides();
  if (flow.macs != nullptr) std::swap(flow.macs->client, flow.macs->server);
  flow.client_is_a = !flow.client_is_a;
}

void FlowTable::end(Flow* flow, FlowEnd reason) {
  const std::int64_t deadline = deadline_s(*flow);
  ended_.push_back({flow, reason, deadline});
  timer_.remove(*flow);
  take_off_reports(*flow);
  index_.erase(flow);
  if (reason == FlowEnd::timeout) ++stats_.ended_timeout;
  if (reason == FlowEnd::forced) ++stats_.ended_forced;
  if (reason == FlowEnd::tcp_reuse) ++stats_.ended_reuse;
}

void FlowTable::end_for_reuse(Flow* old, const Packet& packet) {
  const PacketKey key = make_packet_key(packet, settings_.key);
  const std::size_t d =
      index(key.source_is_a == old->client_is_a ? Direction::to_server : Direction::to_client);
  --old->packets[d];
  old->bytes[d] -= counted_bytes(packet);
  old->last = last_before_;
  old->capture = capture_before_;
  end(old, FlowEnd::tcp_reuse);
}

// The next part of its record, as seconds go by from `after_s`.
void FlowTable::file_report(Flow& flow, std::int64_t after_s) {
  const std::int64_t every = settings_.report_every_s[static_cast<std::size_t>(flow_class(flow.protocol))];
  if (every == 0) return;
  flow.meter->report_s = after_s + every;
  flow.meter->is_filed = true;
  reports_.file(flow, flow.meter->report_s);
}

void FlowTable::take_off_reports(Flow& flow) {
  if (flow.meter == nullptr || !flow.meter->is_filed) return;
  reports_.remove(flow);
  flow.meter->is_filed = false;
}

// Behind those that end: they are out of it.
void FlowTable::collect_reports(std::int64_t now_s) {
  reports_.advance(now_s, [this, now_s](Flow& flow) {
    FlowMeter& meter = *flow.meter;
    const std::int64_t due = meter.report_s;
    if (now_s <= due || !has_room_for_ended()) return reports_.file(flow, now_s <= due ? due : now_s);
    file_report(flow, now_s - 1);
    meter.told_s = due;
    if (meter.has_packets()) ended_.push_back({&flow, FlowEnd::none, due});
  });
}

void FlowTable::sort_ended() {
  std::sort(ended_.begin(), ended_.end(), [](const Ended& a, const Ended& b) {
    return std::tie(a.deadline_s, a.flow->first_packet, a.flow->id) <
           std::tie(b.deadline_s, b.flow->first_packet, b.flow->id);
  });
}

void FlowTable::collect_expired(std::int64_t now_s) {
  timer_.advance(now_s, [this, now_s](Flow& flow) {
    const std::int64_t deadline = deadline_s(flow);
    if (now_s <= deadline) return timer_.file(flow, deadline);
    if (!has_room_for_ended()) return timer_.file(flow, now_s);  // in a second again
    flow.emergency |= emergency_;
    take_off_reports(flow);
    index_.erase(&flow);
    ended_.push_back({&flow, FlowEnd::timeout, deadline});
    ++stats_.ended_timeout;
  });
  const std::uint64_t recovered = settings_.memcap_bytes / 100 * (100 - settings_.emergency_recovery_percent);
  if (!emergency_ || memory_bytes() > recovered) return;
  emergency_ = false;
  ++stats_.recoveries;
}

bool FlowTable::has_room_for_ended() try {
  if (ended_.size() == ended_.capacity()) ended_.reserve(ended_.capacity() * 2);
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

void FlowTable::collect_all() {
  timer_.take_all([this](Flow& flow) {
    if (!has_room_for_ended()) return timer_.file(flow, deadline_s(flow));
    take_off_reports(flow);
    index_.erase(&flow);
    ended_.push_back({&flow, FlowEnd::shutdown, 0});
  });
  std::sort(ended_.begin(), ended_.end(), [](const Ended& a, const Ended& b) {
    return std::tie(a.flow->first_packet, a.flow->id) < std::tie(b.flow->first_packet, b.flow->id);
  });
}

}  // namespace weir::engine
