#include "engine/flow/flow_key.h"

#include <cstring>
#include <random>

#include <xxhash.h>

#include "decoders/byte_cursor.h"
#include "decoders/net/ip_protocol.h"
#include "engine/flow/flow_meter.h"

namespace weir::engine {
namespace {

constexpr std::uint16_t kNoCounterpart = 0xffff;
constexpr std::uint64_t kFlowIdSeed = 0x77656972;  // fixed: ids must not change from run to run
constexpr unsigned kFlowIdBits = 52;

struct TypePair {
  std::uint8_t one, other;
};

// Query and reply types, RFC 792, 950, 1256.
constexpr TypePair kIcmpv4Pairs[] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}, {10, 9}};
// RFC 4443, 4861, 2710, 4620.
constexpr TypePair kIcmpv6Pairs[] = {{128, 129}, {135, 136}, {133, 134}, {130, 131}, {139, 140}};

template <std::size_t N>
std::uint16_t counterpart(const TypePair (&pairs)[N], std::uint8_t type) {
  for (const TypePair& p : pairs) {
    if (p.one == type) return p.other;
    if (p.other == type) return p.one;
  }
  return kNoCounterpart;
}

bool is_icmpv4_error(std::uint8_t type) {
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

struct Ends {
  const IpAddress& source;
  const IpAddress& destination;
  std::uint16_t source_port, destination_port;
};

void set_ends(PacketKey& out, const Ends& e) {
  int order = std::memcmp(e.source.bytes.data(), e.destination.bytes.data(), e.source.bytes.size());
  if (order == 0) order = int{e.source_port} - int{e.destination_port};
  out.source_is_a = order <= 0;
  out.key.a = out.source_is_a ? e.source : e.destination;
  out.key.b = out.source_is_a ? e.destination : e.source;
  out.key.port_a = out.source_is_a ? e.source_port : e.destination_port;
  out.key.port_b = out.source_is_a ? e.destination_port : e.source_port;
}

void set_embedded(PacketKey& out, const IcmpHeader& icmp) {
  out.kind = PacketKey::Kind::embedded;
  out.key.protocol = icmp.embedded_protocol;
  set_ends(out, {icmp.embedded_source, icmp.embedded_destination, icmp.embedded_source_port,
                 icmp.embedded_destination_port});
  out.source_is_a = !out.source_is_a;  // the error travels towards the sender of the quoted packet
}

// Suricata wants a whole TCP header, though the ports come first.
bool quotes_enough(const Packet& p) {
  constexpr std::size_t kIpv4Header = 20, kTcpHeader = 20;
  if (p.icmp.embedded_protocol == ip_protocol::udp) return true;
  return p.icmp.embedded_protocol == ip_protocol::tcp && p.payload.size() >= kIpv4Header + kTcpHeader;
}

void set_icmp(PacketKey& out, const Packet& p) {
  const bool v4 = p.ip.version == 4;
  out.key.protocol = v4 ? ip_protocol::icmp : ip_protocol::icmpv6;
  if (v4 && is_icmpv4_error(p.icmp.type)) {
    if (p.icmp.type == 3 && p.icmp.has_embedded && quotes_enough(p)) return set_embedded(out, p.icmp);
    out.kind = PacketKey::Kind::existing;
  } else {
    out.kind = PacketKey::Kind::own;
  }
  const std::uint16_t reply =
      v4 ? counterpart(kIcmpv4Pairs, p.icmp.type) : counterpart(kIcmpv6Pairs, p.icmp.type);
  set_ends(out, {p.ip.source, p.ip.destination, p.icmp.type, reply});
}

// A security association goes one way only, so the ends keep their places.
void set_esp(PacketKey& out, const Packet& p) {
  out.kind = PacketKey::Kind::own;
  out.key.protocol = ip_protocol::esp;
  out.key.a = p.ip.source;
  out.key.b = p.ip.destination;
  out.key.port_a = static_cast<std::uint16_t>(p.esp_spi >> 16U);
  out.key.port_b = static_cast<std::uint16_t>(p.esp_spi);
}

// IP in IP has a flow of its own, as in Suricata; IPv4 in IPv4 has none.
bool is_tunnel_with_flow(const Packet& p) {
  if (p.ip.is_fragment) return false;
  return p.ip.protocol == ip_protocol::ipv6 || (p.ip.protocol == ip_protocol::ipv4 && p.ip.version == 6);
}

}  // namespace

FlowKeyOptions FlowKeyOptions::from(const Settings& root) {
  FlowKeyOptions o;
  o.use_vlan = root.flag("vlan.use-for-tracking", true);
  o.use_tunnel_depth = root.flag("decoder.recursion-level.use-for-tracking", true);
  return o;
}

PacketKey make_packet_key(const Packet& p, const FlowKeyOptions& options) {
  PacketKey out;
  if (p.has_tcp || p.has_udp || p.has_sctp) {
    out.kind = PacketKey::Kind::own;
    out.key.protocol = p.has_tcp ? ip_protocol::tcp : p.has_udp ? ip_protocol::udp : ip_protocol::sctp;
    set_ends(out, {p.ip.source, p.ip.destination, p.source_port, p.destination_port});
  } else if (p.has_icmp) {
    set_icmp(out, p);
  } else if (p.ip.protocol == ip_protocol::esp && p.find(Proto::esp) != nullptr) {
    set_esp(out, p);
  } else if (is_tunnel_with_flow(p)) {
    out.kind = PacketKey::Kind::own;
    out.key.protocol = p.ip.protocol;
    set_ends(out, {p.ip.source, p.ip.destination, 0, 0});
  } else {
    return out;
  }
  if (options.use_vlan) out.key.vlan = p.vlan_ids;
  if (options.use_tunnel_depth) out.key.tunnel_depth = p.tunnel_depth;
  return out;
}

namespace {

// Packets that quote the same flow meet at the same worker, those of one pair of addresses that quote others need not.
void tell_quoted_apart(PacketKey& out, const IcmpHeader& icmp) {
  PacketKey quoted;
  set_embedded(quoted, icmp);
  const std::uint64_t hash = XXH3_64bits_withSeed(&quoted.key, sizeof quoted.key, kFlowIdSeed);
  for (std::size_t i = 0; i < out.key.vlan.size(); ++i)
    out.key.vlan[i] = static_cast<std::uint16_t>(hash >> (16 * i));
}

// A header that the decoder refused may have ports all the same.
Ends ends_of(const Packet& p) {
  const bool has_ports = p.ip.protocol == ip_protocol::tcp || p.ip.protocol == ip_protocol::udp ||
                         p.ip.protocol == ip_protocol::sctp;
  if (!has_ports || p.ip.fragment_offset != 0) return {p.ip.source, p.ip.destination, 0, 0};
  ByteCursor in{ip_payload(p)};
  const std::uint16_t source = in.be16(), destination = in.be16();
  if (in.failed()) return {p.ip.source, p.ip.destination, 0, 0};
  return {p.ip.source, p.ip.destination, source, destination};
}

}  // namespace

PacketKey make_metered_key(const Packet& p, const FlowKeyOptions& options) {
  PacketKey out;
  if (p.ip.version == 0) return out;
  out.kind = PacketKey::Kind::own;
  if (options.use_vlan) out.key.vlan = p.vlan_ids;
  if (p.has_icmp) {
    out.key.protocol = p.ip.version == 4 ? ip_protocol::icmp : ip_protocol::icmpv6;
    set_ends(out, {p.ip.source, p.ip.destination, p.icmp.type, p.icmp.code});
    if (p.icmp.has_embedded) tell_quoted_apart(out, p.icmp);
  } else {
    out.key.protocol = p.ip.protocol;
    set_ends(out, ends_of(p));
  }
  out.key.tunnel_depth = kOnlyMetered;
  if (options.use_tunnel_depth) out.key.tunnel_depth |= p.tunnel_depth;
  return out;
}

PacketKey make_record_key(const Packet& p, const FlowKeyOptions& options) {
  const PacketKey own = make_packet_key(p, options);
  return own.kind == PacketKey::Kind::own ? own : make_metered_key(p, options);
}

PacketKey make_quoted_key(const Packet& p, const FlowKeyOptions& options) {
  PacketKey out;
  if (!p.has_icmp || !p.icmp.has_embedded || !ip_protocol::has_ports(p.icmp.embedded_protocol)) return out;
  set_embedded(out, p.icmp);
  if (options.use_vlan) out.key.vlan = p.vlan_ids;
  if (options.use_tunnel_depth) out.key.tunnel_depth = p.tunnel_depth;
  return out;
}

bool is_icmpv4_error(const Packet& packet) {
  return packet.has_icmp && packet.ip.version == 4 && is_icmpv4_error(packet.icmp.type);
}

std::uint64_t make_flow_id(const FlowKey& key, TimeUs start, std::uint64_t packet_number) {
  struct {
    std::uint64_t tuple;
    TimeUs start;
    std::uint64_t number;
  } const what{XXH3_64bits_withSeed(&key, sizeof key, kFlowIdSeed), start, packet_number};
  const std::uint64_t id = XXH3_64bits_withSeed(&what, sizeof what, kFlowIdSeed) >> (64U - kFlowIdBits);
  return id == 0 ? 1 : id;
}

std::uint64_t fixed_hash(const FlowKey& key) {
  return XXH3_64bits_withSeed(&key, sizeof key, kFlowIdSeed);
}

std::uint64_t process_hash_seed() {
  static const std::uint64_t seed = [] {
    std::random_device random;
    return (std::uint64_t{random()} << 32U) | random();
  }();
  return seed;
}

std::uint64_t hash_key(const FlowKey& key, std::uint64_t seed) {
  return XXH3_64bits_withSeed(&key, sizeof key, seed);
}

}  // namespace weir::engine
