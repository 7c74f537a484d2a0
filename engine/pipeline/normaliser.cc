#include "engine/pipeline/normaliser.h"

#include <algorithm>
#include <span>

#include "decoders/text.h"
#include "engine/pipeline/packet_rewrite.h"

namespace weir::engine {
namespace {

// Places in their headers: RFC 791 3.1, RFC 8200 3, RFC 9293 3.1.
constexpr std::size_t kIp4Flags = 6, kIp4Ttl = 8, kIp4Checksum = 10, kIp6HopLimit = 7;
constexpr std::size_t kTcpReserved = 12, kTcpFlags = 13, kTcpChecksum = 16, kTcpUrgent = 18, kTcpOptions = 20;
constexpr std::uint8_t kIp4ReservedFlag = 0x80, kTcpReservedBits = 0x0e;

bool to_many(const IpHeader& ip) {
  const std::uint8_t first = ip.destination.bytes[0];
  return ip.version == 4 ? first >= 224 : first == 0xff;
}

// A card that has yet to fill checksums in does so no more for a packet that comes back with a verdict.
bool can_compute(const Packet& packet) {
  return packet.tunnel.next == Proto::none && !packet.has_sctp && !packet.ip.other_addresses;
}

// By far the most frequent options, when timestamps were agreed on: RFC 7323 appendix A.
bool is_only_timestamp(Bytes options) {
  return options.size() == 12 && options[0] == 1 && options[1] == 1 && options[2] == 8 && options[3] == 10;
}

// Writes header bytes and keeps account of the difference that this makes to the header's checksum: RFC 1624, equation
// 3. The words that are summed begin at even distances from the header's start.
class HeaderEditor {
 public:
  HeaderEditor(std::span<std::uint8_t> header, std::size_t checksum_at)
      : header_(header), checksum_at_(checksum_at) {}

  void put(std::size_t at, std::uint8_t value) {
    sum_ += std::uint32_t{word(at)} ^ 0xffffU;
    header_[at] = value;
    sum_ += word(at);
  }
  [[nodiscard]] std::uint8_t at(std::size_t at) const { return header_[at]; }
  void mend_checksum() {
    std::uint32_t sum = sum_ + (std::uint32_t{word(checksum_at_)} ^ 0xffffU);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = ~sum;
    header_[checksum_at_] = static_cast<std::uint8_t>(sum >> 8U);
    header_[checksum_at_ + 1] = static_cast<std::uint8_t>(sum);
  }

 private:
  [[nodiscard]] std::uint16_t word(std::size_t at) const {
    at &= ~std::size_t{1};
    return static_cast<std::uint16_t>(header_[at] << 8U | header_[at + 1]);
  }

  std::span<std::uint8_t> header_;
  std::size_t checksum_at_;
  std::uint32_t sum_ = 0;  // some 100 words at most
};

}  // namespace

NormaliserSettings NormaliserSettings::from(const Settings& section) {
  NormaliserSettings out;
  const bool on = section.flag("enabled", true);
  const auto flag = [&](std::string_view path) { return section.flag(path, true) && on; };
  out.ip4_rf = flag("ip4.rf");
  out.tcp_rsv = flag("tcp.rsv");
  out.tcp_req_urg = flag("tcp.req-urg");
  out.tcp_req_urp = flag("tcp.req-urp");
  out.tcp_req_pay = flag("tcp.req-pay");
  out.tcp_opts = flag("tcp.opts");
  const std::vector<std::string> codes = section.list("tcp.allow-codes");
  for (std::size_t i = 0; i < codes.size(); ++i)
    if (const auto code = parse_number<std::uint8_t>(codes[i]))
      out.allow_codes.set(*code);
    else
      section.unreadable_item("tcp.allow-codes", i, "a number of a TCP option, 0 to 255");
  const auto ttl = [&](std::string_view path) -> std::uint8_t {
    const std::uint64_t n = section.number(path, 0);
    if (n > UINT8_MAX) section.unreadable(path, "a number from 0 to 255");
    return n > UINT8_MAX || !on ? 0 : static_cast<std::uint8_t>(n);
  };
  out.min_ttl = ttl("min-ttl");
  out.new_ttl = std::max(ttl("new-ttl"), out.min_ttl);
  return out;
}

bool Normaliser::normalise(Packet& packet, bool stream_took_it, bool checksums_verified,
                           std::vector<std::uint8_t>& storage) {
  Changes changes;
  look_at_ip(packet, changes);
  if (stream_took_it) look_at_tcp(packet, changes);
  if (!changes.in_ip() && !changes.in_tcp()) return false;
  if (!checksums_verified && !can_compute(packet)) return false;
  if (packet.frame.data() != storage.data()) storage.assign(packet.frame.begin(), packet.frame.end());
  if (changes.in_ip()) change_ip(packet, changes, storage);
  if (changes.in_tcp()) change_tcp(packet, changes, storage);
  if (!checksums_verified) compute_transport_checksum(packet, storage);
  packet.frame = storage;
  count(packet, changes);
  return true;
}

void Normaliser::look_at_ip(const Packet& packet, Changes& out) const {
  const IpHeader& ip = packet.ip;
  if (packet.invalid) return;
  out.ip4_rf = ip.reserved_bit && settings_.ip4_rf;
  out.ttl = ip.ttl < settings_.min_ttl && ip.version != 0 && !to_many(ip);
}

void Normaliser::look_at_tcp(const Packet& packet, Changes& out) {
  const TcpHeader& tcp = packet.tcp;
  const bool urgent = (tcp.flags & tcp_flag::urg) != 0;
  if (urgent || tcp.urgent != 0) {
    out.req_urg = settings_.tcp_req_urg && !urgent;
    out.req_urp = settings_.tcp_req_urp && urgent && tcp.urgent == 0;
    out.req_pay = settings_.tcp_req_pay && urgent && tcp.urgent != 0 && packet.payload.empty();
  }
  out.tcp_rsv = settings_.tcp_rsv &&
                (packet.frame[packet.find(Proto::tcp)->offset + kTcpReserved] & kTcpReservedBits) != 0;
  const bool syn = (tcp.flags & tcp_flag::syn) != 0;
  if (!settings_.tcp_opts || tcp.options.empty() || (!syn && is_only_timestamp(tcp.options))) return;
  out.options = clean_options(tcp.options, syn, settings_.allow_codes, options_);
}

void Normaliser::count(const Packet& packet, const Changes& changes) {
  counters_.normalised_ip4_rf += changes.ip4_rf;
  if (changes.ttl) ++(packet.ip.version == 4 ? counters_.normalised_ip4_ttl : counters_.normalised_ip6_hops);
  counters_.normalised_tcp_options += changes.options;
  counters_.normalised_tcp_reserved += changes.tcp_rsv;
  counters_.normalised_tcp_req_pay += changes.req_pay;
  counters_.normalised_tcp_req_urg += changes.req_urg;
  counters_.normalised_tcp_req_urp += changes.req_urp;
}

void Normaliser::change_ip(const Packet& packet, const Changes& changes,
                           std::span<std::uint8_t> frame) const {
  if (packet.ip.version == 6) {
    frame[packet.find(Proto::ipv6)->offset + kIp6HopLimit] = settings_.new_ttl;
    return;
  }
  HeaderEditor header(frame.subspan(packet.find(Proto::ipv4)->offset), kIp4Checksum);
  if (changes.ip4_rf)
    header.put(kIp4Flags, header.at(kIp4Flags) & static_cast<std::uint8_t>(~kIp4ReservedFlag));
  if (changes.ttl) header.put(kIp4Ttl, settings_.new_ttl);
  header.mend_checksum();
}

void Normaliser::change_tcp(const Packet& packet, const Changes& changes,
                            std::span<std::uint8_t> frame) const {
  const std::size_t offset = packet.find(Proto::tcp)->offset;
  HeaderEditor header(frame.subspan(offset), kTcpChecksum);
  if (changes.tcp_rsv)
    header.put(kTcpReserved, header.at(kTcpReserved) & static_cast<std::uint8_t>(~kTcpReservedBits));
  if (changes.req_urp || changes.req_pay)
    header.put(kTcpFlags, header.at(kTcpFlags) & static_cast<std::uint8_t>(~tcp_flag::urg));
  if (changes.req_urg || changes.req_pay) {
    header.put(kTcpUrgent, 0);
    header.put(kTcpUrgent + 1, 0);
  }
  if (changes.options)
    for (std::size_t i = 0; i < packet.tcp.options.size(); ++i) header.put(kTcpOptions + i, options_[i]);
  header.mend_checksum();
}

}  // namespace weir::engine
