#include "engine/pipeline/rejection.h"

#include <algorithm>

#include "decoders/checksum.h"
#include "decoders/net/ip_protocol.h"

namespace weir::engine {
namespace {

constexpr std::uint8_t kTtl = 64;
constexpr std::size_t kIpv4Header = 20, kIpv6Header = 40, kTcpHeader = 20, kIcmpHeader = 8;

class Writer {
 public:
  explicit Writer(RejectionPacket& out) : out_(out.bytes) {}
  void u8(unsigned value) { out_.push_back(static_cast<std::uint8_t>(value)); }
  void be16(unsigned value) {
    u8(value >> 8U & 0xffU);
    u8(value & 0xffU);
  }
  void be32(std::uint32_t value) {
    be16(value >> 16U);
    be16(value & 0xffffU);
  }
  void bytes(Bytes b) { out_.insert(out_.end(), b.begin(), b.end()); }
  void address(const IpAddress& a) {
    bytes({a.bytes.data(), a.family == 4 ? std::size_t{4} : std::size_t{16}});
  }
  void patch(std::size_t at, std::uint16_t value) {
    out_[at] = static_cast<std::uint8_t>(value >> 8U);
    out_[at + 1] = static_cast<std::uint8_t>(value);
  }
  [[nodiscard]] Bytes from(std::size_t at) const { return {out_.data() + at, out_.size() - at}; }

 private:
  boost::container::static_vector<std::uint8_t, RejectionPacket::kMaxBytes>& out_;
};

// Gives the header's length.
std::size_t put_ip_header(Writer& out, const IpAddress& from, const IpAddress& to, std::uint8_t protocol,
                          std::size_t payload) {
  if (from.family == 4) {
    out.be16(0x4500);
    out.be16(static_cast<unsigned>(kIpv4Header + payload));
    out.be32(0x00004000);  // no fragments
    out.u8(kTtl);
    out.u8(protocol);
    out.be16(0);
    out.address(from);
    out.address(to);
    out.patch(10, internet_checksum(out.from(0)));
    return kIpv4Header;
  }
  out.be32(0x60000000);
  out.be16(static_cast<unsigned>(payload));
  out.u8(protocol);
  out.u8(kTtl);
  out.address(from);
  out.address(to);
  return kIpv6Header;
}

// `from` is the end in whose name it comes: the receiver of the packet, or its sender.
RejectionPacket make_reset(const Packet& packet, bool to_source) {
  const TcpHeader& tcp = packet.tcp;
  const IpAddress& from = to_source ? packet.ip.destination : packet.ip.source;
  const IpAddress& to = to_source ? packet.ip.source : packet.ip.destination;
  const auto occupied = static_cast<std::uint32_t>(packet.payload.size()) +
                        ((tcp.flags & tcp_flag::syn) != 0 ? 1U : 0U) +
                        ((tcp.flags & tcp_flag::fin) != 0 ? 1U : 0U);
  RejectionPacket out{.bytes = {}, .to = to};
  Writer writer(out);
  const std::size_t header = put_ip_header(writer, from, to, ip_protocol::tcp, kTcpHeader);
  writer.be16(to_source ? packet.destination_port : packet.source_port);
  writer.be16(to_source ? packet.source_port : packet.destination_port);
  writer.be32(to_source ? tcp.acknowledgment : tcp.sequence);
  writer.be32(to_source ? tcp.sequence + occupied : tcp.acknowledgment);
  writer.u8(kTcpHeader / 4 << 4U);
  writer.u8(tcp_flag::rst | tcp_flag::ack);
  writer.be32(0);  // window, checksum
  writer.be16(0);
  writer.patch(header + 16, transport_checksum(from, to, ip_protocol::tcp, writer.from(header)));
  return out;
}

// With as much of the packet as hosts want to see of it.
RejectionPacket make_unreachable(const Packet& packet) {
  const bool v4 = packet.ip.version == 4;
  const std::size_t header = v4 ? kIpv4Header : kIpv6Header;
  const auto at = static_cast<std::size_t>(packet.ip.header.data() - packet.frame.data());
  const Bytes quoted = packet.frame.subspan(
      at, std::min(packet.frame.size() - at, RejectionPacket::kMaxBytes - header - kIcmpHeader));
  RejectionPacket out{.bytes = {}, .to = packet.ip.source};
  Writer writer(out);
  put_ip_header(writer, packet.ip.destination, packet.ip.source, v4 ? ip_protocol::icmp : ip_protocol::icmpv6,
                kIcmpHeader + quoted.size());
  writer.u8(v4 ? 3 : 1);   // destination unreachable
  writer.u8(v4 ? 13 : 1);  // communication administratively prohibited
  writer.be16(0);
  writer.be32(0);
  writer.bytes(quoted);
  const std::uint16_t sum =
      v4 ? internet_checksum(writer.from(header))
         : transport_checksum(packet.ip.destination, packet.ip.source, ip_protocol::icmpv6, writer.from(header));
  writer.patch(header + 2, sum);
  return out;
}

bool is_one_host(const IpAddress& a) {
  if (a.family == 6) return a.bytes[0] != 0xff && a != IpAddress::from(std::array<std::uint8_t, 16>{});
  return a.family == 4 && a.bytes[0] != 0 && a.bytes[0] < 224;
}

bool may_be_answered(const Packet& packet) {
  if (packet.invalid || packet.ip.version == 0 || packet.ip.fragment_offset != 0) return false;
  if (!is_one_host(packet.ip.source) || !is_one_host(packet.ip.destination)) return false;
  if (packet.has_tcp) return (packet.tcp.flags & tcp_flag::rst) == 0;
  if (!packet.has_icmp) return true;
  constexpr std::uint8_t kEchoReply = 0, kEcho = 8;
  if (packet.ip.version == 6) return packet.icmp.type >= 128;  // below: errors
  return packet.icmp.type == kEcho || packet.icmp.type == kEchoReply || packet.icmp.type > 12;
}

}  // namespace

boost::container::static_vector<RejectionPacket, 2> make_rejections(const Packet& packet,
                                                                    RejectTarget target) {
  boost::container::static_vector<RejectionPacket, 2> out;
  if (target == RejectTarget::none || !may_be_answered(packet)) return out;
  const bool source = target != RejectTarget::destination, destination = target != RejectTarget::source;
  if (packet.has_tcp) {
    if (source) out.push_back(make_reset(packet, true));
    if (destination) out.push_back(make_reset(packet, false));
  } else if (source) {
    out.push_back(make_unreachable(packet));
  }
  return out;
}

}  // namespace weir::engine
