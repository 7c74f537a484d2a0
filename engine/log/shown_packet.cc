#include "engine/log/shown_packet.h"

#include <algorithm>

#include "decoders/checksum.h"
#include "decoders/decode.h"
#include "decoders/net/ip_protocol.h"

namespace weir::engine {
namespace {

constexpr int kRawIp = 101;  // LINKTYPE_RAW
constexpr std::size_t kTcpHeader = 20;
constexpr std::uint8_t kUsualTtl = 64;

void put16(std::vector<std::uint8_t>& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
  out.push_back(static_cast<std::uint8_t>(value));
}
void put32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  put16(out, value >> 16U);
  put16(out, value & 0xffffU);
}
void put(std::vector<std::uint8_t>& out, const IpAddress& address) {
  out.insert(out.end(), address.bytes.begin(), address.bytes.begin() + (address.family == 4 ? 4 : 16));
}
void patch16(std::vector<std::uint8_t>& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8U);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

void put_ip(std::vector<std::uint8_t>& out, const IpHeader& ip, std::size_t segment) {
  const std::size_t start = out.size();
  const std::uint8_t ttl = ip.ttl != 0 ? ip.ttl : kUsualTtl;
  if (ip.source.family == 4) {
    constexpr std::size_t kHeader = 20;
    put32(out, static_cast<std::uint32_t>(0x45000000U | (kHeader + segment)));
    put32(out, (ip.id << 16U) | 0x4000U);  // no fragments
    put16(out, std::size_t{ttl} << 8U | ip_protocol::tcp);
    put16(out, 0);
    put(out, ip.source);
    put(out, ip.destination);
    patch16(out, start + 10, internet_checksum(Bytes{out}.subspan(start)));
  } else {
    put32(out, 0x60000000U);
    put16(out, segment);
    put16(out, std::size_t{ip_protocol::tcp} << 8U | ttl);
    put(out, ip.source);
    put(out, ip.destination);
  }
}

void put_tcp(std::vector<std::uint8_t>& out, const Packet& like, Bytes data, std::size_t all) {
  const std::size_t start = out.size();
  put16(out, like.source_port);
  put16(out, like.destination_port);
  put32(out, like.tcp.sequence - static_cast<std::uint32_t>(all));
  put32(out, like.tcp.acknowledgment);
  put16(out, 0x5000U | tcp_flag::psh | tcp_flag::ack);
  put16(out, like.tcp.window);
  put32(out, 0);
  out.insert(out.end(), data.begin(), data.end());
  patch16(
      out, start + 16,
      transport_checksum(like.ip.source, like.ip.destination, ip_protocol::tcp, Bytes{out}.subspan(start)));
}

}  // namespace

int make_shown_packet(const Packet& like, Bytes data, std::vector<std::uint8_t>& out) {
  const Bytes shown = data.first(std::min(data.size(), kShownBytes));
  const Bytes link = like.is_pseudo() ? Bytes{} : like.frame.first(bytes_before_ip(like));
  out.assign(link.begin(), link.end());
  put_ip(out, like.ip, kTcpHeader + shown.size());
  put_tcp(out, like, shown, data.size());
  return like.is_pseudo() ? kRawIp : like.raw.link_type;
}

}  // namespace weir::engine
