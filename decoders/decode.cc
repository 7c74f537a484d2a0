#include "decoders/decode.h"

#include <algorithm>
#include <memory>
#include <new>

#include "decoders/layer.h"
#include "decoders/link/link.h"
#include "decoders/net/net.h"
#include "decoders/transport/transport.h"
#include "decoders/tunnel/tunnel.h"

namespace weir {
namespace {

// https://www.tcpdump.org/linktypes.html
Proto proto_of_link_type(int link_type) {
  switch (link_type) {
    case 0:
    case 108: return Proto::null_loopback;
    case 1: return Proto::ethernet;
    case 9:
    case 50: return Proto::ppp;
    case 12:
    case 14:
    case 101:
    case 228:
    case 229: return Proto::raw_ip;
    case 104: return Proto::chdlc;
    case 113: return Proto::linux_sll;
    case 276: return Proto::linux_sll2;
    default: return Proto::none;
  }
}

DecodedStep decode_layer(Proto proto, ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  switch (proto) {
    case Proto::ethernet: return decode_ethernet(in, p, settings);
    case Proto::vlan: return decode_vlan(in, p, settings);
    case Proto::linux_sll: return decode_linux_sll(in, p, settings);
    case Proto::linux_sll2: return decode_linux_sll2(in, p, settings);
    case Proto::null_loopback: return decode_null_loopback(in, p);
    case Proto::raw_ip: return decode_raw_ip(in, p);
    case Proto::ppp: return decode_ppp(in, p);
    case Proto::pppoe_discovery: return decode_pppoe_discovery(in, p);
    case Proto::pppoe_session: return decode_pppoe_session(in, p);
    case Proto::mpls: return decode_mpls(in, p, settings);
    case Proto::arp: return decode_arp(in, p);
    case Proto::chdlc: return decode_chdlc(in, p, settings);
    case Proto::ieee80211ah: return decode_ieee80211ah(in, p);
    case Proto::dce: return decode_dce(in, p);
    case Proto::vntag: return decode_vntag(in, p, settings);
    case Proto::etag: return decode_etag(in, p, settings);
    case Proto::nsh: return decode_nsh(in, p);
    case Proto::ipv4: return decode_ipv4(in, p, settings);
    case Proto::ipv6: return decode_ipv6(in, p, settings);
    case Proto::tcp: return decode_tcp(in, p, settings);
    case Proto::udp: return decode_udp(in, p, settings);
    case Proto::icmpv4: return decode_icmpv4(in, p, settings);
    case Proto::icmpv6: return decode_icmpv6(in, p, settings);
    case Proto::sctp: return decode_sctp(in, p);
    case Proto::esp: return decode_esp(in, p);
    case Proto::gre: return decode_gre(in, p);
    case Proto::erspan: return decode_erspan(in, p);
    case Proto::erspan_type1: return decode_erspan_type1(in, p);
    case Proto::vxlan: return decode_vxlan(in, p, settings);
    case Proto::geneve: return decode_geneve(in, p, settings);
    case Proto::teredo: return decode_teredo(in, p);
    case Proto::gtp_u: return decode_gtp_u(in, p, settings);
    case Proto::ah:  // read with the IPv6 extension headers
    case Proto::none:
    case Proto::count_: break;
  }
  return last_layer();
}

void give_up(Packet& p, Proto proto, Fault f) {
  p.note(f);
  p.failed = proto;
  p.invalid = true;
}

void run_layers(Proto next, Bytes here, Packet& p, const DecodeSettings& settings) {
  while (next != Proto::none) {
    const auto offset = static_cast<std::uint32_t>(here.data() - p.frame.data());
    if (p.layers.size() + p.outer_layers >= settings.max_layers)
      return give_up(p, next, {Anomaly::too_many_layers, offset});
    ByteCursor in{here};
    const DecodedStep step = decode_layer(next, in, p, settings);
    if (!step) return give_up(p, next, {step.error().what, offset + step.error().offset});
    // ERSPAN is one protocol to those who look for its layer, with a header or without.
    const Proto name = next == Proto::erspan_type1 ? Proto::erspan : next;
    if (step->mine) p.layers.push_back({name, offset, in.offset()});
    next = step->next;
    here = step->payload;
  }
}

// Puts a Packet in place of the old one; it owns nothing. Every member has a default, so nothing needs zeros first.
void start(Packet& out, const RawPacket& raw, Bytes frame) {
  std::destroy_at(&out);
  ::new (static_cast<void*>(&out)) Packet;
  out.raw = raw;
  out.frame = frame;
}

}  // namespace

bool decodes_link_type(int link_type) {
  return proto_of_link_type(link_type) != Proto::none;
}

void decode_packet(const RawPacket& raw, Packet& out, const DecodeSettings& settings) {
  start(out, raw, raw.bytes);
  // A file may hold cut frames on purpose; of what comes live nothing should be missing.
  if (raw.bytes.size() < raw.wire_length && raw.capture == nullptr) out.note({Anomaly::afpacket_trunc_pkt, 0});
  run_layers(proto_of_link_type(raw.link_type), out.frame, out, settings);
}

bool decode_inner(const Packet& outer, Packet& out, const DecodeSettings& settings) {
  start(out, outer.raw, outer.tunnel.data);
  out.origin = PacketOrigin::tunnel;
  out.carrier = outer.tunnel.carrier;
  out.tunnel_depth = static_cast<std::uint8_t>(outer.tunnel_depth + 1);
  out.outer_layers = static_cast<std::uint8_t>(outer.outer_layers + outer.layers.size());
  run_layers(outer.tunnel.next, out.frame, out, settings);
  return !(out.invalid && out.carrier == Proto::teredo);
}

std::size_t bytes_before_ip(const Packet& p) {
  return p.ip.header.empty() ? 0 : static_cast<std::size_t>(p.ip.header.data() - p.frame.data());
}

void decode_datagram(const Packet& last_fragment, Bytes frame, Packet& out, const DecodeSettings& settings) {
  start(out, last_fragment.raw, frame);
  out.origin = PacketOrigin::defragmented;
  out.carrier = last_fragment.carrier;
  out.tunnel_depth = last_fragment.tunnel_depth;
  out.outer_layers = last_fragment.outer_layers;
  out.vlan_count = last_fragment.vlan_count;
  out.vlan_ids = last_fragment.vlan_ids;
  out.ether_source = last_fragment.ether_source;
  out.ether_destination = last_fragment.ether_destination;
  out.ether_type = last_fragment.ether_type;
  const Bytes datagram = frame.subspan(std::min(bytes_before_ip(last_fragment), frame.size()));
  run_layers(last_fragment.ip.version == 6 ? Proto::ipv6 : Proto::ipv4, datagram, out, settings);
}

}  // namespace weir
