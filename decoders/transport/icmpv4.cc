#include <algorithm>

#include "decoders/checksum.h"
#include "decoders/net/net.h"
#include "decoders/transport/transport.h"

namespace weir {
namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::uint32_t kCodeAt = 1;
constexpr std::size_t kIpv4HeaderBytes = 20;

enum class Kind : std::uint8_t { unknown, query, error, other };

struct TypeRow {
  std::uint8_t type;
  std::uint8_t last_code;
  Kind kind;
};

// https://www.iana.org/assignments/icmp-parameters, without what was never used.
constexpr TypeRow kTypes[] = {{0, 0, Kind::query},  {3, 15, Kind::error}, {4, 0, Kind::error},
                              {5, 3, Kind::error},  {8, 0, Kind::query},  {9, 0, Kind::other},
                              {10, 0, Kind::other}, {11, 1, Kind::error}, {12, 2, Kind::error},
                              {13, 0, Kind::query}, {14, 0, Kind::query}, {15, 0, Kind::query},
                              {16, 0, Kind::query}, {17, 0, Kind::query}, {18, 0, Kind::query}};
constexpr std::uint8_t kRouterAdvertisement = 9, kNotForwarding = 16;  // RFC 5944: a second good code

const TypeRow* row_of(std::uint8_t type) {
  for (const TypeRow& row : kTypes)
    if (row.type == type) return &row;
  return nullptr;
}

// The packet that an error message quotes: its header and 8 bytes more at least, RFC 792.
void read_quoted(ByteCursor in, Packet& p) {
  const std::uint32_t at = kHeaderBytes;
  if (in.remaining() < kIpv4HeaderBytes) return note_invalid(p, Anomaly::icmpv4_ipv4_trunc_pkt, at);
  const std::uint8_t first = in.u8();
  if (first >> 4 != 4) return note_invalid(p, Anomaly::icmpv4_ipv4_unknown_ver, at);
  in.skip(8);
  IcmpHeader& icmp = p.icmp;
  icmp.embedded_protocol = in.u8();
  in.skip(2);
  icmp.embedded_source = IpAddress::v4(in.be32());
  icmp.embedded_destination = IpAddress::v4(in.be32());
  icmp.has_embedded = true;
  const std::size_t header_bytes = std::size_t{first & 0x0fU} * 4;
  if (header_bytes < kIpv4HeaderBytes) return;
  in.skip(header_bytes - kIpv4HeaderBytes);
  if (icmp.embedded_protocol != ip_protocol::tcp && icmp.embedded_protocol != ip_protocol::udp &&
      icmp.embedded_protocol != ip_protocol::sctp)
    return;
  icmp.embedded_source_port = in.be16();
  icmp.embedded_destination_port = in.be16();
}

// Bytes behind the common 8 that a type has of its own: times, mask, or addresses (as many as the message
// says).
std::size_t own_header_bytes(std::uint8_t type, std::uint16_t counts) {
  switch (type) {
    case kRouterAdvertisement: return std::size_t{counts / 256U} * (counts % 256U) * 4;
    case 13:
    case 14: return 12;
    case 17:
    case 18: return 4;
    default: return 0;
  }
}

}  // namespace

DecodedStep decode_icmpv4(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  const std::uint8_t type = in.u8(), code = in.u8();
  in.skip(2);  // checksum
  const std::uint16_t id = in.be16(), sequence = in.be16();
  if (in.failed()) return fault(Anomaly::icmpv4_pkt_too_small, 0);
  p.has_icmp = true;
  p.icmp.type = type;
  p.icmp.code = code;
  p.payload = in.peek(in.remaining());
  in.skip(std::min(own_header_bytes(type, id), in.remaining()));
  if (settings.verify_checksums) p.l4_checksum_bad = internet_checksum(in.whole()) != 0;

  const TypeRow* const row = row_of(type);
  if (row == nullptr) {
    p.note({Anomaly::icmpv4_unknown_type, 0});
    return last_layer();
  }
  if (row->kind == Kind::query) {
    p.icmp.has_id = true;
    p.icmp.id = id;
    p.icmp.sequence = sequence;
  }
  const bool code_known = code <= row->last_code || (type == kRouterAdvertisement && code == kNotForwarding);
  if (!code_known)
    p.note({Anomaly::icmpv4_unknown_code, kCodeAt});
  else if (row->kind == Kind::error && !p.payload.empty())
    read_quoted(ByteCursor{p.payload}, p);
  return last_layer();
}

}  // namespace weir
