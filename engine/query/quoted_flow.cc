#include "engine/query/quoted_flow.h"

#include "decoders/byte_cursor.h"
#include "decoders/net/ip_protocol.h"
#include "decoders/text.h"
#include "engine/query/initiator.h"

namespace weir::engine {
namespace {

constexpr std::size_t kIpv4HeaderBytes = 20;

bool read_ipv4(ByteCursor& in, QuotedFlow& out) {
  const std::size_t header_bytes = std::size_t{in.u8() & 0x0fU} * 4;
  in.skip(8);
  out.protocol = in.u8();
  in.skip(2);
  out.source = IpAddress::v4(in.be32());
  out.destination = IpAddress::v4(in.be32());
  if (in.failed() || header_bytes < kIpv4HeaderBytes) return false;
  in.skip(header_bytes - kIpv4HeaderBytes);
  return true;
}

bool read_ipv6(ByteCursor& in, QuotedFlow& out) {
  in.skip(6);
  out.protocol = in.u8();
  in.skip(1);
  const Bytes source = in.take(16), destination = in.take(16);
  if (in.failed()) return false;
  out.source = IpAddress::from(source);
  out.destination = IpAddress::from(destination);
  return true;
}

}  // namespace

std::optional<QuotedFlow> quoted_flow(const flow::Record& record) {
  if (!is_icmp_error(record) || record.detail == nullptr) return std::nullopt;
  ByteCursor in(as_bytes(record.detail->sides[0].payload));
  QuotedFlow out;
  const bool is_v6 = record.protocol == ip_protocol::icmpv6;
  if (!(is_v6 ? read_ipv6(in, out) : read_ipv4(in, out))) return std::nullopt;
  if (!ip_protocol::has_ports(out.protocol)) return out;
  const std::uint16_t source_port = in.be16(), destination_port = in.be16();
  if (in.failed()) return out;
  out.source_port = source_port;
  out.destination_port = destination_port;
  return out;
}

}  // namespace weir::engine
