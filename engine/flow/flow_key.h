// Which flow a packet belongs to: the canonical key of its two ends.
#pragma once

#include <cstdint>

#include "decoders/packet.h"
#include "decoders/settings.h"
#include "engine/flow/flow.h"

namespace weir::engine {

struct FlowKeyOptions {
  bool use_vlan = true;          // vlan.use-for-tracking
  bool use_tunnel_depth = true;  // decoder.recursion-level.use-for-tracking
  // `root` is the whole configuration.
  static FlowKeyOptions from(const Settings& root);
};

struct PacketKey {
  enum class Kind : std::uint8_t {
    none,      // no flow: ARP, fragments, protocols that are not followed
    own,       // finds or makes a flow
    embedded,  // an ICMPv4 error: belongs to the flow of the packet that it quotes, and never makes one
    existing,  // an ICMPv4 error that quotes nothing of use: never makes a flow
  };
  Kind kind = Kind::none;
  FlowKey key;
  bool source_is_a = true;  // the packet (or the quoted one, turned round) goes from a to b
};

// TCP, UDP and SCTP by ports; ICMP queries by their pair of types, so that a reply meets its request; ESP by
// SPI and one direction; IPv6 in IPv4 by addresses. Two packets in opposite directions of a flow give the
// same key.
PacketKey make_packet_key(const Packet& packet, const FlowKeyOptions& options);

// A record's flow of a packet that has none of its own for make_packet_key, or another one's: of ICMP errors by what they quote,
// else of addresses and protocol, with the ports where there are some. Its key is never one of make_packet_key. `none`: no IP.
PacketKey make_metered_key(const Packet& packet, const FlowKeyOptions& options);
inline constexpr std::uint8_t kOnlyMetered =
    0x80;  // in the place of the tunnel's depth, which is never so great
[[nodiscard]] inline bool is_only_metered(const FlowKey& key) {
  return (key.tunnel_depth & kOnlyMetered) != 0;
}

// One or the other: of the flow that the packet is counted with.
PacketKey make_record_key(const Packet& packet, const FlowKeyOptions& options);

// Of the packet that an ICMP error quotes; `none`: it quotes none that has ports.
PacketKey make_quoted_key(const Packet& error, const FlowKeyOptions& options);
// Packets that have no flow of their own, whatever they quote.
[[nodiscard]] bool is_icmpv4_error(const Packet& packet);

// The same for every run and every thread; not keyed, so never use it to place flows in a table.
std::uint64_t make_flow_id(const FlowKey& key, TimeUs start, std::uint64_t packet_number);

// Likewise, of the key alone.
std::uint64_t fixed_hash(const FlowKey& key);

// Key of the hash of this process, drawn once from the system's random source.
std::uint64_t process_hash_seed();
std::uint64_t hash_key(const FlowKey& key, std::uint64_t seed);

}  // namespace weir::engine
