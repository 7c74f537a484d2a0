// What the fragments of one datagram have in common (RFC 791 3.2, RFC 8200 4.5).
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include <xxhash.h>

#include "decoders/packet.h"

namespace weir::engine {

// No padding: it is hashed and compared as bytes.
struct DatagramKey {
  std::array<std::uint8_t, 16> source, destination;
  std::uint32_t id;
  std::array<std::uint16_t, kMaxVlanTags> vlans;
  std::uint8_t protocol, family;
  bool operator==(const DatagramKey&) const = default;

  // Of a packet with ip.is_fragment set. In IPv6 only the first fragment's protocol counts: none is told apart by it.
  static DatagramKey of(const Packet& packet, bool use_vlans) {
    DatagramKey key{packet.ip.source.bytes, packet.ip.destination.bytes, packet.ip.id, {}, 0,
                    packet.ip.version};
    if (packet.ip.version == 4) key.protocol = packet.ip.protocol;
    if (use_vlans) key.vlans = packet.vlan_ids;
    return key;
  }
  [[nodiscard]] std::uint64_t hash(std::uint64_t seed) const {
    static_assert(std::has_unique_object_representations_v<DatagramKey>);
    return XXH3_64bits_withSeed(this, sizeof *this, seed);
  }
};

}  // namespace weir::engine
