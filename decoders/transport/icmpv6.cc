#include "decoders/checksum.h"
#include "decoders/net/net.h"
#include "decoders/transport/transport.h"

namespace weir {
namespace {

constexpr std::uint32_t kCodeAt = 1;
constexpr std::uint32_t kHeaderBytes = 8;
constexpr std::size_t kIpv6HeaderBytes = 40;

enum Type : std::uint8_t {
  unreachable = 1,
  too_big = 2,
  time_exceeded = 3,
  parameter_problem = 4,
  echo_request = 128,
  echo_reply = 129,
  listener_query = 130,
  listener_report = 131,
  listener_done = 132,
  router_solicitation = 133,
  redirect = 137,
  router_renumbering = 138,
  node_query = 139,
  node_reply = 140,
  inverse_solicitation = 141,
  mobile_prefix_advert = 147,
  certification_solicitation = 148,
  certification_advert = 149,
  experimental_mobility = 150,
  router_advert_mrd = 151,
  fast_handover = 154,
  rpl = 155,
  duplicate_address = 157
};

// The highest code of an error message.
std::uint8_t last_error_code(std::uint8_t type) {
  switch (type) {
    case unreachable: return 7;
    case too_big: return 0;
    case time_exceeded: return 1;
    default: return 3;
  }
}

// RFC 4443 2.1; what IANA gave out since is between 138 and 157.
Anomaly unknown_type(std::uint8_t type) {
  const bool experiment = type == 100 || type == 101 || type == 200 || type == 201;
  if (experiment) return Anomaly::icmpv6_experimentation_type;
  if ((type > parameter_problem && type < 100) || (type > 101 && type < 127) || (type > 161 && type < 200) ||
      (type > 201 && type < 255))
    return Anomaly::icmpv6_unassigned_type;
  return Anomaly::icmpv6_unknown_type;
}

void read_quoted(ByteCursor in, Packet& p) {
  if (in.remaining() < kIpv6HeaderBytes) return note_invalid(p, Anomaly::icmpv6_ipv6_trunc_pkt, kHeaderBytes);
  if (in.be32() >> 28 != 6) return note_invalid(p, Anomaly::icmpv6_ipv6_unknown_version, kHeaderBytes);
  in.skip(2);
  IcmpHeader& icmp = p.icmp;
  icmp.embedded_protocol = in.u8();
  in.skip(1);
  icmp.embedded_source = IpAddress::from(in.take(16));
  icmp.embedded_destination = IpAddress::from(in.take(16));
  icmp.has_embedded = true;
  if (icmp.embedded_protocol != ip_protocol::tcp && icmp.embedded_protocol != ip_protocol::udp &&
      icmp.embedded_protocol != ip_protocol::sctp)
    return;
  icmp.embedded_source_port = in.be16();
  icmp.embedded_destination_port = in.be16();
}

void check_message(Packet& p, std::uint32_t body) {
  IcmpHeader& icmp = p.icmp;
  const auto only_code_zero = [&] {
    if (icmp.code != 0) p.note({Anomaly::icmpv6_unknown_code, kCodeAt});
  };
  if (icmp.type == echo_request || icmp.type == echo_reply) {
    icmp.has_id = true;
    icmp.id = static_cast<std::uint16_t>(body >> 16);
    icmp.sequence = static_cast<std::uint16_t>(body);
    return only_code_zero();
  }
  if (icmp.type >= listener_query && icmp.type <= listener_done) {
    if (p.ip.ttl != 1) p.note({Anomaly::icmpv6_mld_message_with_invalid_hl, 0});
    return only_code_zero();
  }
  if (icmp.type >= router_solicitation && icmp.type <= redirect) return only_code_zero();
  const bool assigned = icmp.type >= router_renumbering && icmp.type <= 161;
  if (!assigned) p.note({unknown_type(icmp.type), 0});
}

void read_error(Packet& p, std::uint32_t body) {
  IcmpHeader& icmp = p.icmp;
  if (icmp.type == too_big) {
    icmp.has_mtu = true;
    icmp.mtu = body;
  }
  if (icmp.code > last_error_code(icmp.type))
    p.note({Anomaly::icmpv6_unknown_code, kCodeAt});
  else
    read_quoted(ByteCursor{p.payload}, p);
}

}  // namespace

DecodedStep decode_icmpv6(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  const std::uint8_t type = in.u8(), code = in.u8();
  in.skip(2);  // checksum
  const std::uint32_t body = in.be32();
  if (in.failed()) return fault(Anomaly::icmpv6_pkt_too_small, 0);
  p.has_icmp = true;
  p.icmp.type = type;
  p.icmp.code = code;
  p.payload = in.peek(in.remaining());
  if (settings.verify_checksums && !p.ip.other_addresses)
    p.l4_checksum_bad =
        transport_checksum(p.ip.source, p.ip.destination, ip_protocol::icmpv6, in.whole()) != 0;
  if (type >= unreachable && type <= parameter_problem)
    read_error(p, body);
  else
    check_message(p, body);
  return last_layer();
}

}  // namespace weir
