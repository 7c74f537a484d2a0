// One frame and what the layer decoders found in it.
//
// A Packet borrows its bytes from the capture source (or from the defragmenter) for the length of one
// Pipeline::inspect call; every view in it ends with that call. It is reused from frame to frame and holds no
// heap memory of its own.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <boost/container/static_vector.hpp>

#include "decoders/anomaly.h"
#include "decoders/ip_address.h"
#include "decoders/types.h"

namespace weir {

// A frame as a capture source hands it over; `bytes` stay valid until the source is asked for the next one.
struct RawPacket {
  Bytes bytes;
  std::uint32_t wire_length = 0;  // bytes on the wire; more than bytes.size() when the capture cut the frame
  TimeUs time = 0;
  std::uint64_t number = 0;  // counts from 1 over the whole run: EVE's pcap_cnt
  int link_type = 1;         // a LINKTYPE_ value (https://www.tcpdump.org/linktypes.html)
  // Name of the file that it was read from, lives to the end of the run; or null.
  const std::string* capture = nullptr;
};

// Decoders the layer loop can go to next.
enum class Proto : std::uint8_t {
  none,  // nothing more to decode
  ethernet,
  vlan,
  linux_sll,
  linux_sll2,
  null_loopback,
  raw_ip,
  ppp,
  pppoe_session,
  mpls,
  arp,
  chdlc,
  ieee80211ah,
  ipv4,
  ipv6,
  tcp,
  udp,
  icmpv4,
  icmpv6,
  sctp,
  gre,
  esp,
  ah,
  vxlan,
  geneve,
  teredo,
  erspan,
  nsh,
  vntag,
  etag,
  pppoe_discovery,
  dce,
  erspan_type1,
  gtp_u,
  count_
};

using MacAddress = std::array<std::uint8_t, 6>;

struct Layer {
  Proto proto = Proto::none;
  std::uint32_t offset = 0;         // bytes from the start of Packet::frame
  std::uint32_t header_length = 0;  // bytes, options and extension headers included
};

// TCP header flags, RFC 9293 3.1.
namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10, urg = 0x20,
                              ece = 0x40, cwr = 0x80;
}

struct TcpHeader {
  std::uint32_t sequence = 0, acknowledgment = 0;
  std::uint16_t window = 0, urgent = 0, checksum = 0;
  std::uint8_t flags = 0;
  Bytes options;
  // Options the engine needs, RFC 9293 and RFC 7323; the have_ flags say which were there.
  bool have_mss = false, have_window_scale = false, have_timestamp = false, sack_permitted = false;
  bool have_md5 = false, have_ao = false, have_tfo = false;
  bool malformed_options = false;  // they end within one
  std::uint16_t mss = 0;
  std::uint8_t window_scale = 0;
  std::uint32_t timestamp_value = 0, timestamp_echo = 0;
};

struct IcmpHeader {
  std::uint8_t type = 0, code = 0;
  std::uint16_t id = 0, sequence = 0;  // of echo and other query messages
  bool has_id = false;
  // The packet that an error message quotes, when enough of it is there: lets the flow table find its flow.
  bool has_embedded = false;
  IpAddress embedded_source, embedded_destination;
  std::uint8_t embedded_protocol = 0;
  std::uint16_t embedded_source_port = 0, embedded_destination_port = 0;
  // ICMPv6 (RFC 4443): MTU of packet-too-big. mtu_present is false for other types.
  bool has_mtu = false;
  std::uint32_t mtu = 0;
};

// ARP for Ethernet and IPv4, RFC 826; the views have 6 (hardware) and 4 (protocol) bytes.
struct ArpHeader {
  std::uint16_t opcode = 0;
  Bytes source_hardware, source_protocol, destination_hardware, destination_protocol;
};

struct IpHeader {
  std::uint8_t version = 0;   // 4, 6, or 0 when the frame carries no IP
  std::uint8_t ttl = 0;       // hop limit for IPv6
  std::uint8_t tos = 0;       // traffic class for IPv6
  std::uint8_t protocol = 0;  // of the payload, after IPv6 extension headers
  std::uint32_t id = 0;       // IPv4 identification, or the one of the IPv6 fragment header
  bool dont_fragment = false, more_fragments = false, reserved_bit = false;
  bool is_fragment = false;           // offset or more_fragments set
  // IPv4: options for which many hosts drop it: malformed or full ones, source routes, labels of security domains.
  bool options_in_doubt = false;
  std::uint16_t fragment_offset = 0;  // bytes
  IpAddress source, destination;
  Bytes header;            // the header with options (IPv6: with extension headers)
  Bytes options;           // IPv4 options
  Bytes fragment_payload;  // what a fragment carries, for the defragmenter
  // IPv6: bytes of the headers before the fragment header, and where its "next header" byte stands in
  // `header`.
  std::uint32_t unfragmentable_length = 0, next_header_offset = 0;
  std::uint8_t fragment_next_header = 0;
  // IPv6: transport checksums cover other addresses than these (a routing header or home address option is
  // there).
  bool other_addresses = false;
};

// Something inside this packet that is a packet of its own.
struct TunnelPayload {
  Proto next = Proto::none;     // where the layer loop goes on; none: there is no such thing
  Proto carrier = Proto::none;  // what carries it: gre, ipv4, ipv6, vxlan, geneve, teredo, gtp_u
  Bytes data;
};

enum class PacketOrigin : std::uint8_t { wire, defragmented, tunnel, flow_timeout, stream_flush };

inline constexpr std::size_t kMaxLayers = 16;  // decoded layers of one packet; those of its tunnels count too
inline constexpr std::size_t kMaxFaults = 8;   // further anomalies of one packet are not kept
inline constexpr std::size_t kMaxVlanTags = 3;  // whose numbers are kept; further tags are passed over

struct Packet {
  RawPacket raw;
  Bytes frame;  // == raw.bytes, or the reassembled datagram, or the inner packet of a tunnel
  PacketOrigin origin = PacketOrigin::wire;
  // Made by us to inspect what a flow still has; it was on no wire.
  [[nodiscard]] bool is_pseudo() const {
    return origin == PacketOrigin::flow_timeout || origin == PacketOrigin::stream_flush;
  }
  std::uint8_t tunnel_depth = 0;  // 0 for a frame as captured
  std::uint8_t outer_layers = 0;  // layers of the packets around this one
  Proto carrier = Proto::none;    // of an inner packet: TunnelPayload::carrier of the one around it

  boost::container::static_vector<Layer, kMaxLayers> layers;
  boost::container::static_vector<Fault, kMaxFaults> faults;
  // A header was too broken to go on, or one that breaks the rules badly (see decode.h): no flow, no payload
  // inspection; only rules about the packet header and decode-event rules look at it. What was decoded before
  // stays.
  bool invalid = false;
  Proto failed = Proto::none;  // the decoder that gave up

  std::uint8_t vlan_count = 0;
  std::array<std::uint16_t, kMaxVlanTags> vlan_ids{};
  Bytes ether_source, ether_destination;  // six bytes each, empty when there is no such layer
  std::uint16_t ether_type = 0;

  IpHeader ip;
  std::uint16_t source_port = 0, destination_port = 0;  // TCP, UDP, SCTP
  bool has_tcp = false, has_udp = false, has_icmp = false, has_sctp = false, has_esp = false, has_arp = false;
  TcpHeader tcp;
  IcmpHeader icmp;
  ArpHeader arp;
  std::uint32_t esp_spi = 0;
  std::uint16_t udp_length = 0, udp_checksum = 0;

  // What the innermost decoded header carries, trimmed to the lengths that the headers declare.
  Bytes payload;
  TunnelPayload tunnel;
  bool ip_checksum_bad = false, l4_checksum_bad = false;  // only set when checksums are verified

  [[nodiscard]] const Layer* find(Proto proto) const {
    for (const Layer& layer : layers)
      if (layer.proto == proto) return &layer;
    return nullptr;
  }
  // Keeps the anomaly; one beyond kMaxFaults is dropped.
  void note(Fault f) {
    if (faults.size() < kMaxFaults) faults.push_back(f);
  }
};

}  // namespace weir
