#include "engine/scan/scan_contact.h"

#include <algorithm>

namespace weir::engine {
namespace {

constexpr std::uint64_t kTalkPackets = 6;  // a handshake, a request and its acknowledgements

// One direction of a record: who sent it to whom.
struct Way {
  const IpAddress& from;
  const IpAddress& to;
  std::uint16_t from_port, to_port;
  const flow::Side& sent;
};

bool is_one_host(const IpAddress& a) {
  if (a.family == 4) return a.bytes[0] < 224 && a.bytes[0] != 0;
  return a.family == 6 && a.bytes[0] != 0xff;
}

bool may_be_service(std::uint16_t port, std::uint16_t other) {
  constexpr std::uint16_t kReserved = 1024, kDhcpClient = 68, kDhcpv6Client = 546;
  if (port == 0 || port == kDhcpClient || port == kDhcpv6Client) return false;
  return port < kReserved || port <= other;
}

bool has(std::uint8_t flags, std::uint8_t one) {
  return (flags & one) != 0;
}

// The TCP side sent nothing but the beginning of something.
bool is_opening(const flow::Side& side) {
  if (has(side.tcp_flags, tcp_flag::ack) || side.packets > kMostSyns) return false;
  return has(side.tcp_flags, tcp_flag::syn) || !has(side.tcp_flags, tcp_flag::rst);
}

bool is_tcp_answer(const flow::Side& side) {
  if (side.tcp_flags == 0) return true;  // not said
  return has(side.tcp_flags, tcp_flag::syn) ||
         (has(side.tcp_flags, tcp_flag::ack) && !has(side.tcp_flags, tcp_flag::rst));
}

ScanMethod method_of(std::uint8_t protocol, const IpAddress& source, const flow::Side& sent) {
  if (protocol == ip_protocol::udp) return ScanMethod::udp;
  if (protocol != ip_protocol::tcp) return ScanMethod::icmp;
  if (has(sent.tcp_flags, tcp_flag::syn)) {
    // Systems put options into a SYN; one with a mere MSS, or none, is made by hand.
    const std::uint64_t most = source.family == 4 ? 48 : 68;
    return has(sent.tcp_flags, tcp_flag::rst) || sent.bytes <= most * sent.packets ? ScanMethod::syn
                                                                                   : ScanMethod::connect;
  }
  if (sent.tcp_flags == 0) return ScanMethod::null;
  return sent.tcp_flags == tcp_flag::fin ? ScanMethod::fin : ScanMethod::xmas;
}

std::uint8_t tcp_flags_of_try(const flow::Side& sent) {
  std::uint8_t out = contact_flag::tried;
  if (has(sent.tcp_flags, tcp_flag::ack)) {
    out |= contact_flag::established;
    if (sent.packets >= kTalkPackets && has(sent.tcp_flags, tcp_flag::psh)) out |= contact_flag::talked;
  } else if (has(sent.tcp_flags, tcp_flag::syn) && has(sent.tcp_flags, tcp_flag::rst)) {
    out |= contact_flag::half_open;
  } else if (sent.packets > kMostSyns) {
    out |= contact_flag::stream;  // of an exporter that tells flags of some packets only
  }
  return out;
}

std::uint8_t flags_of_try(const flow::Record& r, const flow::Side& sent) {
  if (r.protocol == ip_protocol::tcp && sent.tcp_flags != 0) return tcp_flags_of_try(sent);
  std::uint8_t out = contact_flag::tried;
  if (sent.packets > kMostProbePackets) out |= contact_flag::stream;
  if (r.sampling > 1) out |= contact_flag::sampled;
  return out;
}

ScanContact try_of(const flow::Record& r, const Way& way, std::uint16_t port) {
  return {.source = &way.from,
          .target = &way.to,
          .port = port,
          .protocol = r.protocol,
          .flags = flags_of_try(r, way.sent),
          .method = method_of(r.protocol, way.from, way.sent),
          .first = way.sent.first,
          .last = way.sent.last};
}

ScanContact answer_of(const flow::Record& r, const Way& way, std::uint16_t port) {
  return {.source = &way.to,
          .target = &way.from,
          .port = port,
          .protocol = r.protocol,
          .flags = contact_flag::answered,
          .method = ScanMethod::syn,
          .first = 0,
          .last = 0};
}

struct IcmpTypes {
  std::uint8_t protocol, request, reply;
};
// Echo, timestamp, address mask: RFC 792, 950, 4443.
constexpr std::array<IcmpTypes, 4> kIcmpTypes{{{ip_protocol::icmp, 8, 0},
                                               {ip_protocol::icmp, 13, 14},
                                               {ip_protocol::icmp, 17, 18},
                                               {ip_protocol::icmpv6, 128, 129}}};

void add_one_way(const flow::Record& r, const Way& way, ScanContacts& out) {
  if (ip_protocol::is_icmp(r.protocol)) {
    if (!r.has_icmp) return;
    for (const IcmpTypes& types : kIcmpTypes) {
      if (types.protocol != r.protocol) continue;
      if (types.request == r.icmp_type && is_one_host(way.to)) out.add(try_of(r, way, 0));
      if (types.reply == r.icmp_type) out.add(answer_of(r, way, 0));
    }
    return;
  }
  const bool is_tcp = r.protocol == ip_protocol::tcp;
  if (is_tcp && way.sent.tcp_flags != 0 && is_opening(way.sent)) {
    if (is_one_host(way.to)) out.add(try_of(r, way, way.to_port));
    return;
  }
  if (is_tcp && has(way.sent.tcp_flags, tcp_flag::rst) && !has(way.sent.tcp_flags, tcp_flag::syn) &&
      way.sent.packets <= kMostProbePackets)
    return;  // a refusal
  // SYN and ACK in one packet: a server's.
  const bool is_reply =
      is_tcp && way.sent.packets == 1 && way.sent.tcp_flags == (tcp_flag::syn | tcp_flag::ack);
  if (!is_reply && may_be_service(way.to_port, way.from_port) && is_one_host(way.to))
    out.add(try_of(r, way, way.to_port));
  if ((is_reply || may_be_service(way.from_port, way.to_port)) && (!is_tcp || is_tcp_answer(way.sent)))
    out.add(answer_of(r, way, way.from_port));
}

// The side that began is known, and what the other one sent.
void add_both_ways(const flow::Record& r, ScanContacts& out) {
  if (!is_one_host(r.destination)) return;
  const flow::Side& back = r.side(Direction::to_client);
  std::uint16_t port = r.destination_port;
  if (ip_protocol::is_icmp(r.protocol)) {
    const auto asks = [&](const IcmpTypes& types) {
      return types.protocol == r.protocol && types.request == r.icmp_type;
    };
    if (!r.has_icmp || std::none_of(kIcmpTypes.begin(), kIcmpTypes.end(), asks)) return;
    port = 0;
  }
  ScanContact contact = try_of(
      r, {r.source, r.destination, r.source_port, r.destination_port, r.side(Direction::to_server)}, port);
  if (r.protocol != ip_protocol::tcp || is_tcp_answer(back)) contact.flags |= contact_flag::answered;
  out.add(contact);
}

}  // namespace

std::string_view scan_method_name(ScanMethod method) {
  constexpr std::array<std::string_view, kScanMethods> kNames{"syn",  "connect", "fin", "null",
                                                              "xmas", "udp",     "icmp"};
  return kNames[static_cast<std::size_t>(method)];
}

ScanContacts scan_contacts_of(const flow::Record& r) {
  ScanContacts out;
  if (r.protocol != ip_protocol::tcp && r.protocol != ip_protocol::udp && !ip_protocol::is_icmp(r.protocol))
    return out;
  const flow::Side &ahead = r.side(Direction::to_server), &back = r.side(Direction::to_client);
  if (ahead.packets != 0 && back.packets != 0)
    add_both_ways(r, out);
  else if (ahead.packets != 0)
    add_one_way(r, {r.source, r.destination, r.source_port, r.destination_port, ahead}, out);
  else if (back.packets != 0)
    add_one_way(r, {r.destination, r.source, r.destination_port, r.source_port, back}, out);
  return out;
}

}  // namespace weir::engine
