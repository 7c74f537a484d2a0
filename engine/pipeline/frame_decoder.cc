#include "engine/pipeline/frame_decoder.h"

namespace weir::engine {
namespace {

// The frame's own packet, however deep the inner one lies.
output::TunnelRecord tunnel_around(const Packet& frame, const Packet& inner) {
  return {.source = frame.ip.source,
          .destination = frame.ip.destination,
          .source_port = frame.source_port,
          .destination_port = frame.destination_port,
          .has_ports = true,  // 0 where the protocol has none
          .ip_protocol = frame.ip.protocol,
          .depth = inner.tunnel_depth,
          .pcap_cnt = frame.raw.number};
}

}  // namespace

void FrameDecoder::decode(const RawPacket& raw, DecodedFrame& out) {
  decode_packet(raw, out.packets[0], decoding_);
  out.count = 1;
  out.refused = DecodedFrame::kMaxNested;
  while (out.count < DecodedFrame::kMaxNested && decode_next(out, out.count - 1)) {
    out.tunnels[out.count] = tunnel_around(out.packets[0], out.packets[out.count]);
    ++out.count;
  }
}

void FrameDecoder::count(Counters& counters) const {
  const DefragCounters& defrag = defrag_.counters();
  counters.defrag_ipv4_timeouts += defrag.ipv4.timeouts;
  counters.defrag_ipv6_timeouts += defrag.ipv6.timeouts;
  counters.defrag_max_trackers_reached += defrag.max_trackers_reached;
  counters.defrag_max_frags_reached += defrag.max_fragments_reached;
}

// What the packet carries, as long as there is something, becomes a packet of its own.
bool FrameDecoder::decode_next(DecodedFrame& frame, std::size_t outer) {
  Packet& carrier = frame.packets[outer];
  Packet& inner = frame.packets[outer + 1];
  if (carrier.ip.is_fragment && !carrier.invalid) {
    if (checksums_keep_out_ && carrier.ip_checksum_bad) return false;
    std::vector<std::uint8_t>& datagram = frame.datagrams[outer + 1];
    const bool whole = defrag_.absorb(carrier, datagram);
    if (defrag_.refused()) frame.refused = outer;
    if (!whole) return false;
    decode_datagram(carrier, datagram, inner, decoding_);
    return true;
  }
  if (carrier.tunnel.next == Proto::none) return false;
  decode_inner(carrier, inner, decoding_);
  return true;
}

}  // namespace weir::engine
