// The layer loop: from the bytes of a frame to a Packet, one decoder per header, until nothing is left that
// we know.
//
// Only one packet is decoded per call. A packet inside (tunnel) is left in Packet::tunnel, and decode_inner()
// goes on there; a fragment is left in IpHeader::fragment_payload, and decode_datagram() takes what the
// defragmenter made. All views in the result are into the frame (or datagram) and end with it. No heap
// memory, no recursion.
//
// What is wrong is kept in Packet::faults. A fault that ends decoding, and one that makes a header
// untrustworthy, also sets Packet::invalid; the others are only noted.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>

#include <boost/container/static_vector.hpp>

#include "decoders/packet.h"
#include "decoders/settings.h"

namespace weir {

inline constexpr std::size_t kMaxTunnelPorts = 16;  // of one tunnel protocol

// The UDP ports at which a tunnel protocol is looked for.
class TunnelPorts {
 public:
  TunnelPorts(std::initializer_list<std::uint16_t> ports) {
    for (const std::uint16_t port : ports) add(port);
  }
  bool enabled = true;
  bool any = false;  // every port; the bytes decide
  // False: there are kMaxTunnelPorts already.
  bool add(std::uint16_t port) {
    if (ports_.size() == kMaxTunnelPorts) return false;
    ports_.push_back(port);
    residues_ |= residue(port);
    return true;
  }
  // It is on, and one of these is among its ports. Most are told by one look that they are not.
  [[nodiscard]] bool match(std::uint16_t a, std::uint16_t b) const {
    if (!enabled) return false;
    return any || ((residues_ & (residue(a) | residue(b))) != 0 && holds(a, b));
  }

 private:
  static std::uint64_t residue(std::uint16_t port) { return std::uint64_t{1} << (port % 64); }
  [[nodiscard]] bool holds(std::uint16_t a, std::uint16_t b) const {
    return std::any_of(ports_.begin(), ports_.end(),
                       [&](std::uint16_t port) { return port == a || port == b; });
  }

  std::uint64_t residues_ = 0;  // a bit for each remainder by 64 that a port leaves
  boost::container::static_vector<std::uint16_t, kMaxTunnelPorts> ports_;
};

struct DecodeSettings {
  bool verify_checksums = true;
  std::size_t max_layers = kMaxLayers;  // decoder.max-layers, at most kMaxLayers
  TunnelPorts vxlan{4789, 8472};        // IANA's and Linux's own; matched against the destination
  TunnelPorts geneve{6081};             // likewise
  TunnelPorts gtp_u{2152};              // likewise
  TunnelPorts teredo{3544};             // either end
  bool vntag = true;
  bool vxlan_strict_reserved_bits = false;

  // From the whole configuration: decoder.* and the port groups that it names. What are no ports is left out, and told.
  static DecodeSettings from(const Settings& root);
};

// The tunnel that a UDP datagram between these ports may carry; none for most.
inline Proto udp_tunnel(std::uint16_t source, std::uint16_t destination, const DecodeSettings& settings) {
  const auto to = destination;
  if (settings.vxlan.match(to, to)) return Proto::vxlan;
  if (settings.geneve.match(to, to)) return Proto::geneve;
  if (settings.gtp_u.match(to, to)) return Proto::gtp_u;
  if (settings.teredo.match(source, to)) return Proto::teredo;
  return Proto::none;
}

// Is there a decoder for frames of this LINKTYPE_ value? The others decode to a packet without layers.
bool decodes_link_type(int link_type);

// Overwrites `out` whole. `raw.bytes` must outlive it.
void decode_packet(const RawPacket& raw, Packet& out, const DecodeSettings& settings);
// The packet inside `outer`, which must have one (tunnel.next); they must not be the same object. False when
// there is none after all: Teredo is recognised by its looks only, and what is no sound IPv6 packet is not
// Teredo.
bool decode_inner(const Packet& outer, Packet& out, const DecodeSettings& settings);
// A datagram put together from fragments. `frame` begins with the link headers of `last_fragment` (the one
// that completed it), which are not decoded again; then comes the whole datagram. VLANs and MAC addresses
// stay as they were.
void decode_datagram(const Packet& last_fragment, Bytes frame, Packet& out, const DecodeSettings& settings);

// How many bytes of `p.frame` stand before its innermost IP header; p.ip.version must be set.
std::size_t bytes_before_ip(const Packet& p);

}  // namespace weir
