#include "engine/flow/flow_meter.h"

#include <algorithm>
#include <limits>

#include "decoders/byte_cursor.h"
#include "decoders/net/ip_protocol.h"
#include "engine/flow/cut_packet.h"

namespace weir::engine {
namespace {

constexpr std::uint32_t kIpv6HeaderBytes = 40;

// From the IP header to the end of the frame.
Bytes from_header(const Packet& packet) {
  const Bytes& header = packet.ip.header;
  if (header.empty()) return {};
  return packet.frame.subspan(static_cast<std::size_t>(header.data() - packet.frame.data()));
}

// Of a header that the decoder refused.
std::uint8_t refused_flags(const Packet& packet) {
  constexpr std::size_t kFlagsAt = 13;
  if (packet.ip.protocol != ip_protocol::tcp || packet.ip.fragment_offset != 0) return 0;
  ByteCursor in{ip_payload(packet)};
  in.skip(kFlagsAt);
  return in.u8();
}

inline Bytes payload_of(const Packet& packet) {
  const bool decoded = packet.has_tcp || packet.has_udp || packet.has_icmp || packet.has_sctp;
  return decoded ? packet.payload : ip_payload(packet);
}

// On the wire, of a packet that the capture cut: there is less of it.
std::size_t whole_payload(const Packet& packet, Bytes payload) {
  constexpr std::size_t kTcpHeader = 20, kUdpHeader = 8;
  if (!(packet.has_tcp || packet.has_udp)) return payload.size();
  const std::size_t headers =
      packet.ip.header.size() + (packet.has_tcp ? kTcpHeader + packet.tcp.options.size() : kUdpHeader);
  return ip_bytes(packet) - std::min<std::size_t>(ip_bytes(packet), headers);
}

inline std::uint32_t span_us(TimeUs from, TimeUs to) {
  if (to < from) return 0;
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(static_cast<std::uint64_t>(to - from), kMost));
}

// An eighth of the new, as TCP smooths its round trips (RFC 6298 2.3).
std::uint32_t smoothed(std::uint32_t old, std::uint32_t sample) {
  return old == 0 ? sample : static_cast<std::uint32_t>((std::uint64_t{old} * 7 + sample) / 8);
}

std::int32_t behind(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b);
}

[[gnu::always_inline]] inline std::uint32_t bytes_of(const Packet& packet) {
  ByteCursor in{packet.ip.header};
  const auto header = in.fixed<6>();
  const bool is_v4 = packet.ip.version == 4;
  const std::uint32_t length = is_v4 ? header.be16<2>() : header.be16<4>();
  if (length == 0) return static_cast<std::uint32_t>(from_header(packet).size());
  return is_v4 ? length : length + kIpv6HeaderBytes;
}

}  // namespace

std::uint32_t ip_bytes(const Packet& packet) {
  return bytes_of(packet);
}

Bytes ip_payload(const Packet& packet) {
  if (packet.ip.is_fragment) return packet.ip.fragment_payload;
  const Bytes all = from_header(packet);
  const Bytes datagram = all.first(std::min<std::size_t>(all.size(), ip_bytes(packet)));
  return datagram.subspan(std::min(datagram.size(), packet.ip.header.size()));
}

std::uint64_t tunnel_id(const Packet& carrier) {
  constexpr std::uint16_t kChecksumOrRouting = 0xc000, kKey = 0x2000;
  if (const Layer* const gre = carrier.find(Proto::gre)) {
    ByteCursor in{carrier.frame};
    in.skip(gre->offset);
    const std::uint16_t flags = in.be16();
    in.skip((flags & kChecksumOrRouting) != 0 ? 6 : 2);
    return (flags & kKey) != 0 ? in.be32() : 0;
  }
  ByteCursor in{carrier.payload};
  in.skip(4);
  switch (carrier.tunnel.carrier) {
    case Proto::vxlan:
    case Proto::geneve: return in.be32() >> 8U;
    case Proto::gtp_u: return in.be32();
    default: return 0;
  }
}

inline void MeteredSide::add_size(TimeUs time, std::uint32_t size) {
  bytes += size;
  if (packets++ == 0) {
    first = last = time;
    size_min = size_max = size;
    return;
  }
  const std::uint32_t now = span_us(last, time);
  if (packets == 2) {
    gap_min = gap_max = now;
  } else {
    if (now < gap_min)
      gap_min = now;
    else if (now > gap_max)
      gap_max = now;
    // RFC 3550 6.4.1, of the gaps: a sixteenth of what the new one differs more or less.
    const std::int64_t differs = std::max(now, gap) - std::min(now, gap);
    jitter = static_cast<std::uint32_t>(jitter + (differs - jitter) / 16);
  }
  gap = now;
  if (size < size_min)
    size_min = size;
  else if (size > size_max)
    size_max = size;
  if (time >= last)
    last = time;
  else
    first = std::min(first, time);
}

inline void MeteredSide::add_header(const Packet& packet) {
  constexpr std::uint8_t kEcn = 3;  // both bits: congestion (RFC 3168)
  const std::uint8_t ttl = packet.ip.ttl;
  if (packets == 0) {
    tos = packet.ip.tos;
    ttl_min = ttl_max = ttl;
  }
  add_size(packet.raw.time, bytes_of(packet));
  if (ttl != ttl_max) {
    ttl_min = std::min(ttl_min, ttl);
    ttl_max = std::max(ttl_max, ttl);
  }
  if ((packet.ip.tos & kEcn) == kEcn) ++ecn_marked;
  if (packet.ip.is_fragment) ++fragments;
}

void MeteredSide::add_packet(const Packet& packet) {
  add_header(packet);
}

void MeteredSide::add(const MeteredSide& later) {
  if (packets == 0) {
    *this = later;
    return;
  }
  const std::uint32_t now = span_us(last, later.first);
  gap_min = packets == 1 ? now : std::min(gap_min, now);
  gap_max = std::max({gap_max, now, later.gap_max});
  if (later.packets > 1) gap_min = std::min(gap_min, later.gap_min);
  gap = later.packets > 1 ? later.gap : now;
  if (later.packets > 1) jitter = later.jitter;
  packets += later.packets;
  bytes += later.bytes;
  first = std::min(first, later.first);
  last = std::max(last, later.last);
  size_min = std::min(size_min, later.size_min);
  size_max = std::max(size_max, later.size_max);
  ttl_min = std::min(ttl_min, later.ttl_min);
  ttl_max = std::max(ttl_max, later.ttl_max);
  ecn_marked += later.ecn_marked;
  fragments += later.fragments;
  payload_bytes += later.payload_bytes;
  retransmitted_bytes += later.retransmitted_bytes;
  lost_bytes += later.lost_bytes;
  retransmitted_packets += later.retransmitted_packets;
  out_of_order_packets += later.out_of_order_packets;
  zero_windows += later.zero_windows;
  tcp_flags |= later.tcp_flags;
}

void FlowMeter::begin_part() {
  if (told == nullptr) {
    told = std::make_unique<Told>();
    told->rule_hits = rule_hits;
    told->hit_rules = std::move(hit_rules);
  }
  rule_hits = 0;
  hit_rules.clear();
  for (std::size_t d = 0; d < sides.size(); ++d) {
    if (sides[d].packets == 0) continue;
    told->sides[d].add(sides[d]);
    sides[d] = MeteredSide{};
  }
}

void FlowMeter::note_hit(const flow::RuleHit& hit) {
  ++rule_hits;
  flow::add_hit(hit_rules, hit);
  if (told == nullptr) return;
  ++told->rule_hits;
  flow::add_hit(told->hit_rules, hit);
}

MeteredSide FlowMeter::whole(Direction d) const {
  if (told == nullptr) return sides[index(d)];
  MeteredSide out = told->sides[index(d)];
  if (sides[index(d)].packets != 0) out.add(sides[index(d)]);
  return out;
}

std::size_t FlowMeter::memory_bytes(std::size_t payload) {
  const std::size_t always = Slab::block_size(sizeof(FlowMeter)) + Slab::block_size(sizeof(FlowPath)) +
                             Slab::block_size(sizeof(Told)) + Slab::block_size(sizeof(FlowIdentity));
  return always + (payload != 0 ? 2 * Slab::block_size(payload + 1) : 0);
}

void FlowMeter::count(const Packet& packet, Direction d) {
  d == Direction::to_server ? count_way<Direction::to_server>(packet)
                            : count_way<Direction::to_client>(packet);
}

void FlowMeter::count_datagram(const Packet& datagram, Direction d, const MeteredSide& fragments) {
  sides[index(d)].add(fragments);
  d == Direction::to_server ? count_content<Direction::to_server>(datagram)
                            : count_content<Direction::to_client>(datagram);
}

template <Direction kWay>
inline void FlowMeter::count_way(const Packet& packet) {
  sides[index(kWay)].add_header(packet);
  count_content<kWay>(packet);
}

template <Direction kWay>
inline void FlowMeter::count_content(const Packet& packet) {
  constexpr Direction d = kWay;
  MeteredSide& side = sides[index(d)];
  const std::uint8_t flags = packet.has_tcp ? packet.tcp.flags : refused_flags(packet);
  if (!began_[index(d)]) {
    first_tcp_flags[index(d)] = flags;
    began_[index(d)] = true;
  }
  side.tcp_flags |= flags;
  const Bytes bytes = packet.has_tcp ? packet.payload : payload_of(packet);
  const std::size_t length = is_cut(packet) ? whole_payload(packet, bytes) : bytes.size();
  side.payload_bytes += length;
  if (payload_limit != 0) keep_payload(bytes, d);
  if (packet.l4_checksum_bad) add<'c'>(d);
  if (packet.has_tcp)
    count_tcp<kWay>(packet, length);
  else if (length != 0)
    add<'d'>(d);
}

void FlowMeter::keep_payload(Bytes bytes, Direction d) {
  SlabString& kept = payload[index(d)];
  if (kept.size() >= payload_limit || bytes.empty()) return;
  kept.reserve(payload_limit);
  const Bytes more = bytes.first(std::min<std::size_t>(bytes.size(), payload_limit - kept.size()));
  kept.append(more.begin(), more.end());
}

template <Direction kWay>
inline void FlowMeter::count_tcp(const Packet& packet, std::size_t payload_bytes) {
  constexpr Direction d = kWay;
  const TcpHeader& header = packet.tcp;
  MeteredTcp& side = tcp[index(d)];
  constexpr std::uint8_t kEnds = tcp_flag::syn | tcp_flag::fin | tcp_flag::rst;
  const bool has_end = (header.flags & kEnds) != 0, ack = (header.flags & tcp_flag::ack) != 0;
  const bool reset = (header.flags & tcp_flag::rst) != 0;
  auto length = static_cast<std::uint32_t>(payload_bytes);
  if (has_end) length += note_ends(packet, d);
  if (payload_bytes != 0)
    add<'d'>(d);
  else if (ack && !has_end)
    add<'a'>(d);
  if (!side.any || header.window < side.window_min) side.window_min = header.window;
  if (header.window > side.window_max) side.window_max = header.window;
  if (header.window == 0 && !reset) {
    ++sides[index(d)].zero_windows;
    add<'w'>(d);
  }
  if (has_end || (synack_at != 0 && synack_to_ack == 0)) follow_handshake(header, d, packet.raw.time);
  // Anybody can make a reset, with any number: it tells nothing of where the side is.
  if (!reset) follow_sequence<kWay>(header.sequence, length, packet.raw.time);
  if (ack && tcp[index(opposite(d))].timed_at != 0) time_segment<opposite(kWay)>(header, packet.raw.time);
  side.any = side.any || !reset;
}

// Flags that begin or end something; gives how many sequence numbers they take.
std::uint32_t FlowMeter::note_ends(const Packet& packet, Direction d) {
  const std::uint8_t flags = packet.tcp.flags;
  const bool syn = (flags & tcp_flag::syn) != 0, fin = (flags & tcp_flag::fin) != 0;
  const bool reset = (flags & tcp_flag::rst) != 0;
  if (syn) note_syn(packet, d);
  if (syn && (fin || reset)) add<'q'>(d);
  if (fin && reset) add<'i'>(d);
  if (fin) add<'f'>(d);
  if (reset) add<'r'>(d);
  return std::uint32_t{syn} + std::uint32_t{fin};
}

void FlowMeter::note_syn(const Packet& packet, Direction d) {
  const TcpHeader& header = packet.tcp;
  MeteredTcp& side = tcp[index(d)];
  (header.flags & tcp_flag::ack) != 0 ? add<'h'>(d) : add<'s'>(d);
  if (header.have_mss) side.mss = header.mss;
  if (header.have_window_scale) side.window_scale = header.window_scale;
  ByteCursor in{header.options};
  for (std::size_t i = 0; i < header.options.size() && !in.empty(); ++i) {
    const std::uint8_t kind = in.u8();
    if (kind < 64) side.syn_options |= std::uint64_t{1} << kind;
    if (kind == 0) return;
    if (kind == 1) continue;
    const std::uint8_t length = in.u8();
    in.skip(length >= 2 ? length - 2U : in.remaining());
  }
}

void FlowMeter::follow_handshake(const TcpHeader& header, Direction d, TimeUs time) {
  const bool syn = (header.flags & tcp_flag::syn) != 0, ack = (header.flags & tcp_flag::ack) != 0;
  if (syn && !ack) {
    if (synack_at == 0) syn_at = time;
  } else if (syn) {
    if (syn_at == 0 || synack_at != 0) return;
    synack_at = time;
    syn_to_synack = span_us(syn_at, time);
  } else if (ack && synack_at != 0 && synack_to_ack == 0 && has<'s'>(d)) {
    synack_to_ack = std::max<std::uint32_t>(span_us(synack_at, time), 1);
  }
}

template <Direction kWay>
inline void FlowMeter::follow_sequence(std::uint32_t sequence, std::uint32_t length, TimeUs time) {
  constexpr Direction d = kWay;
  MeteredTcp& side = tcp[index(d)];
  if (!side.any) {
    side.base_sequence = side.next = sequence;
    side.hole_begin = side.hole_end = sequence;
  }
  if (length == 0) return;
  const std::uint32_t end = sequence + length;
  if (behind(sequence, side.next) < 0) return come_again(sequence, length, d);
  if (sequence != side.next) {
    if (side.hole_begin == side.hole_end) side.hole_begin = side.next;
    side.hole_end = sequence;
    side.missing += sequence - side.next;
    sides[index(d)].lost_bytes += sequence - side.next;
    add<'g'>(d);
  }
  side.next = end;
  if (side.timed_at == 0) {
    side.timed_at = time;
    side.timed_end = end;
  }
}

// Behind what came before: it fills a hole, or has been there. A byte before the next one asks whether the other side lives.
void FlowMeter::come_again(std::uint32_t sequence, std::uint32_t length, Direction d) {
  MeteredTcp& side = tcp[index(d)];
  const std::uint32_t end = sequence + length;
  if (end == side.next && length == 1) return;
  MeteredSide& counts = sides[index(d)];
  const bool fills =
      side.missing != 0 && behind(sequence, side.hole_begin) >= 0 && behind(end, side.hole_end) <= 0;
  side.timed_at = 0;  // which of the two is acknowledged nobody knows
  if (fills) {
    ++counts.out_of_order_packets;
    counts.lost_bytes -= std::min<std::uint64_t>({counts.lost_bytes, side.missing, length});
    side.missing -= std::min<std::uint64_t>(side.missing, length);
    if (sequence == side.hole_begin) side.hole_begin = end;
    if (end == side.hole_end) side.hole_end = sequence;
    if (side.missing == 0) side.hole_begin = side.hole_end = side.next;
    return;
  }
  ++counts.retransmitted_packets;
  counts.retransmitted_bytes += std::min(length, side.next - sequence);
  add<'t'>(d);
  if (behind(end, side.next) > 0) side.next = end;
}

// An acknowledgement of what direction kWay sent.
template <Direction kWay>
inline void FlowMeter::time_segment(const TcpHeader& header, TimeUs time) {
  MeteredTcp& side = tcp[index(kWay)];
  if (side.timed_at == 0 || behind(header.acknowledgment, side.timed_end) < 0) return;
  side.smoothed_rtt = smoothed(side.smoothed_rtt, std::max<std::uint32_t>(span_us(side.timed_at, time), 1));
  side.timed_at = 0;
}

void FlowMeter::add_letter(Direction d, char letter, std::uint16_t bit) {
  seen_[index(d)] |= bit;
  constexpr char kToUpper = 'A' - 'a';
  letters_[letter_count_++] = d == Direction::to_server ? static_cast<char>(letter + kToUpper) : letter;
}

void FlowMeter::swap_sides() {
  std::swap(sides[0], sides[1]);
  std::swap(tcp[0], tcp[1]);
  std::swap(payload[0], payload[1]);
  if (told != nullptr) std::swap(told->sides[0], told->sides[1]);
  std::swap(seen_[0], seen_[1]);
  constexpr char kCase = 'a' - 'A';
  for (std::size_t i = 0; i < letter_count_; ++i) letters_[i] = static_cast<char>(letters_[i] ^ kCase);
  std::swap(source_mac, destination_mac);
  if (path != nullptr) std::swap(path->tunnel_source, path->tunnel_destination);
  std::swap(began_[0], began_[1]);
  std::swap(first_tcp_flags[0], first_tcp_flags[1]);
  swapped = !swapped;
}

std::string_view FlowMeter::state(bool is_tcp, Direction client) const {
  const Direction server = opposite(client);
  const bool asked = began_[index(client)], answered = began_[index(server)];
  if (!is_tcp) return answered ? asked ? "SF" : "SHR" : "S0";
  if (!has<'s'>(client))
    return !has<'h'>(server) ? "OTH" : has<'r'>(server) ? "RSTRH" : has<'f'>(server) ? "SHR" : "OTH";
  if (!answered) return has<'r'>(client) ? "RSTOS0" : has<'f'>(client) ? "SH" : "S0";
  if (!has<'h'>(server)) return has<'r'>(server) ? "REJ" : "OTH";
  const std::size_t reset_by_client = history().find(client == Direction::to_server ? 'R' : 'r');
  const std::size_t reset_by_server = history().find(client == Direction::to_server ? 'r' : 'R');
  if (reset_by_client != reset_by_server) return reset_by_client < reset_by_server ? "RSTO" : "RSTR";
  if (has<'f'>(client)) return has<'f'>(server) ? "SF" : "S2";
  return has<'f'>(server) ? "S3" : "S1";
}

void FlowMeter::note_path(const Packet& packet, const Packet* carrier) {
  const Layer* const mpls = packet.find(Proto::mpls);
  if (packet.ether_source.size() == source_mac.size()) {
    std::copy(packet.ether_source.begin(), packet.ether_source.end(), source_mac.begin());
    std::copy(packet.ether_destination.begin(), packet.ether_destination.end(), destination_mac.begin());
  }
  if (mpls == nullptr && carrier == nullptr) return;
  path = std::make_unique<FlowPath>();
  if (mpls != nullptr) {
    constexpr std::uint32_t kBottom = 1;
    ByteCursor in{packet.frame};
    in.skip(mpls->offset);
    for (std::uint32_t& label : path->mpls) {
      label = in.be32() >> 8U;
      if (in.failed() || (label & kBottom) != 0) break;
    }
  }
  if (carrier == nullptr) return;
  path->tunnel_source = carrier->ip.source;
  path->tunnel_destination = carrier->ip.destination;
  path->tunnel = packet.carrier;
  path->tunnel_id = tunnel_id(*carrier);
}

}  // namespace weir::engine
