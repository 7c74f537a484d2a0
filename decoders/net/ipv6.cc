#include "decoders/net/net.h"

namespace weir {
namespace {

constexpr std::size_t kFixedBytes = 40;
constexpr std::uint16_t kOffsetMask = 0xfff8, kMoreFragments = 1;
constexpr std::uint8_t kRoutingType0 = 0;  // RFC 5095 forbids it

// Extension headers that may stand once (destination options: twice), as bits.
enum Seen : unsigned {
  seen_routing = 1,
  seen_hop = 2,
  seen_destination = 4,
  seen_destination2 = 8,
  seen_ah = 16,
  seen_fragment = 32
};

struct Walk {
  Packet& p;
  ByteCursor in;                     // after the fixed header, ends with the datagram
  std::uint32_t base;                // bytes from the start of the IP header to the cursor's start
  std::uint32_t next_header_at = 6;  // where the byte stands that names the header at the cursor
  unsigned seen = 0;
  [[nodiscard]] std::uint32_t at() const { return base + in.offset(); }
  bool first_time(unsigned bit) {
    const bool fresh = (seen & bit) == 0;
    seen |= bit;
    return fresh;
  }
};

bool truncated(Walk& w) {
  note_invalid(w.p, Anomaly::ipv6_trunc_exthdr, w.at());
  return false;
}

// Headers of the common form: next header, length in units of 8 bytes beyond the first 8, content.
bool read_common(Walk& w, std::uint8_t& next, Bytes& content) {
  const std::uint32_t start = w.at();
  const Bytes head = w.in.peek(2);
  if (head.size() < 2) return truncated(w);
  const std::size_t length = (std::size_t{head[1]} + 1) * 8;
  if (length > w.in.remaining()) return truncated(w);
  next = head[0];
  content = w.in.take(length).subspan(2);
  w.next_header_at = start;
  return true;
}

bool read_routing(Walk& w, std::uint8_t& next) {
  Bytes content;
  const std::uint32_t at = w.at();
  if (!read_common(w, next, content)) return false;
  if (content[1] != 0) w.p.ip.other_addresses = true;  // segments left
  if (content[0] == kRoutingType0) w.p.note({Anomaly::ipv6_rh_type_0, at});
  if (!w.first_time(seen_routing)) w.p.note({Anomaly::ipv6_exthdr_dupl_rh, at});
  return true;
}

bool read_options(Walk& w, std::uint8_t& next, bool hop_by_hop) {
  Bytes content;
  const std::uint32_t at = w.at();
  if (!read_common(w, next, content)) return false;
  if (hop_by_hop) {
    if (!w.first_time(seen_hop)) {
      w.p.note({Anomaly::ipv6_exthdr_dupl_hh, at});
      return true;
    }
  } else if (!w.first_time(seen_destination) && !w.first_time(seen_destination2)) {
    w.p.note({Anomaly::ipv6_exthdr_dupl_dh, at});
    return true;
  }
  check_ipv6_options(content, hop_by_hop, w.p);
  return true;
}

// RFC 4302: the length counts words of 4 bytes, less two.
bool read_ah(Walk& w, std::uint8_t& next) {
  const std::uint32_t start = w.at();
  ByteCursor peeked = w.in;
  next = peeked.u8();
  const std::size_t length = (std::size_t{peeked.u8()} + 2) * 4;
  const std::uint16_t reserved = peeked.be16();
  if (peeked.failed() || length > w.in.remaining()) return truncated(w);
  w.in.skip(length);
  if (!w.first_time(seen_ah))
    w.p.note({Anomaly::ipv6_exthdr_dupl_ah, start});
  else if (reserved != 0)
    w.p.note({Anomaly::ipv6_exthdr_ah_res_not_null, start});
  w.next_header_at = start;
  return true;
}

// True to go on: a "fragment" that is the whole datagram (RFC 6946) is decoded as one.
bool read_fragment(Walk& w, std::uint8_t& next) {
  const std::uint32_t start = w.at();
  const std::uint32_t named_at = w.next_header_at;
  next = w.in.u8();
  const std::uint8_t reserved = w.in.u8();
  const std::uint16_t field = w.in.be16();
  const std::uint32_t id = w.in.be32();
  if (w.in.failed()) return truncated(w);
  if (!w.first_time(seen_fragment)) {
    w.p.note({Anomaly::ipv6_exthdr_dupl_fh, start});
    w.next_header_at = start;
    return true;
  }
  IpHeader& ip = w.p.ip;
  if (reserved != 0) w.p.note({Anomaly::ipv6_fh_non_zero_reserved_field, start});
  ip.id = id;
  ip.fragment_offset = field & kOffsetMask;
  ip.more_fragments = (field & kMoreFragments) != 0;
  ip.is_fragment = ip.fragment_offset != 0 || ip.more_fragments;
  ip.fragment_next_header = next;
  ip.unfragmentable_length = start;
  ip.next_header_offset = named_at;
  w.next_header_at = start;
  if (!ip.is_fragment) {
    w.p.note({Anomaly::ipv6_exthdr_useless_fh, start});
    return true;
  }
  // RFC 8200 4.5: all fragments but the last are whole units of 8 bytes.
  if (ip.more_fragments && w.in.remaining() % 8 != 0) w.p.note({Anomaly::ipv6_frag_invalid_length, start});
  ip.protocol = next;
  ip.header = ip.header.first(w.at());
  ip.fragment_payload = w.in.rest();
  return false;
}

Step by_protocol(Walk& w, std::uint8_t next) {
  const std::uint32_t at = w.at();
  const Bytes payload = w.in.rest();
  switch (next) {
    case ip_protocol::tcp: return {Proto::tcp, payload};
    case ip_protocol::udp: return {Proto::udp, payload};
    case ip_protocol::icmpv6: return {Proto::icmpv6, payload};
    case ip_protocol::sctp: return {Proto::sctp, payload};
    case ip_protocol::esp: return {Proto::esp, payload};
    case ip_protocol::gre: return {Proto::gre, payload};
    case ip_protocol::ipv4:
      if (payload.size() < 20)
        note_invalid(w.p, Anomaly::ipv6_ipv4_in_ipv6_too_small, at);
      else if (payload[0] >> 4 != 4)
        note_invalid(w.p, Anomaly::ipv6_ipv4_in_ipv6_wrong_version, at);
      else
        w.p.tunnel = {Proto::ipv4, Proto::ipv6, payload};
      break;
    case ip_protocol::ipv6:
      if (payload.size() < kFixedBytes)
        note_invalid(w.p, Anomaly::ipv6_ipv6_in_ipv6_too_small, at);
      else if (payload[0] >> 4 != 6)
        note_invalid(w.p, Anomaly::ipv6_ipv6_in_ipv6_wrong_version, at);
      else
        w.p.tunnel = {Proto::ipv6, Proto::ipv6, payload};
      break;
    case ip_protocol::none:
      if (!payload.empty()) w.p.note({Anomaly::ipv6_data_after_none_header, at});
      break;
    case ip_protocol::icmp: note_invalid(w.p, Anomaly::ipv6_icmpv4, at); break;
    default: w.p.note({Anomaly::ipv6_unknown_next_header, at});
  }
  return last_layer();
}

// Reads the extension header that `next` names and sets `next` to what follows; false when decoding ends
// there.
bool read_extension(Walk& w, std::uint8_t& next) {
  Bytes content;
  switch (next) {
    case ip_protocol::routing: return read_routing(w, next);
    case ip_protocol::hop_by_hop: return read_options(w, next, true);
    case ip_protocol::destination: return read_options(w, next, false);
    case ip_protocol::fragment: return read_fragment(w, next);
    case ip_protocol::ah: return read_ah(w, next);
    default: return read_common(w, next, content);  // mobility, HIP, shim6
  }
}

bool is_extension(std::uint8_t next) {
  switch (next) {
    case ip_protocol::routing:
    case ip_protocol::hop_by_hop:
    case ip_protocol::destination:
    case ip_protocol::fragment:
    case ip_protocol::ah:
    case ip_protocol::mobility:
    case ip_protocol::hip:
    case ip_protocol::shim6: return true;
    default: return false;
  }
}

}  // namespace

DecodedStep decode_ipv6(ByteCursor& in, Packet& p, const DecodeSettings&) {
  const std::uint32_t first = in.be32();
  const std::size_t length = in.be16();
  std::uint8_t next = in.u8();
  const std::uint8_t hop_limit = in.u8();
  const Bytes source = in.take(16), destination = in.take(16);
  if (in.failed()) return fault(Anomaly::ipv6_pkt_too_small, 0);
  if (first >> 28 != 6) return fault(Anomaly::ipv6_wrong_ip_version, 0);
  if (length > in.remaining()) return fault(Anomaly::ipv6_trunc_pkt, 4);

  IpHeader& ip = p.ip;
  ip.version = 6;
  ip.ttl = hop_limit;
  ip.tos = static_cast<std::uint8_t>(first >> 20);
  ip.source = IpAddress::from(source);
  ip.destination = IpAddress::from(destination);
  ip.header = in.whole().first(kFixedBytes + length);  // cut to the headers below
  ip.protocol = next;
  Walk walk{p, ByteCursor{in.peek(length)}, static_cast<std::uint32_t>(kFixedBytes)};
  for (std::size_t n = 0; is_extension(next); ++n) {
    if (n == kMaxExtensionHeaders) return fault(Anomaly::too_many_layers, walk.at());
    const bool go_on = read_extension(walk, next);
    ip.protocol = next;
    if (go_on) continue;
    if (!ip.is_fragment) ip.header = ip.header.first(walk.at());
    in.skip(ip.header.size() - kFixedBytes);
    return last_layer();
  }
  ip.header = ip.header.first(walk.at());
  in.skip(ip.header.size() - kFixedBytes);
  // Behind extension headers, a byte or none is the rest of one more of them rather than of what it names.
  if (in.offset() > kFixedBytes && walk.in.remaining() < 2 && next != ip_protocol::none) {
    truncated(walk);
    return last_layer();
  }
  return by_protocol(walk, next);
}

}  // namespace weir
