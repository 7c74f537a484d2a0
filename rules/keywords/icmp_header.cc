// Keywords about ICMP and ICMPv6: itype, icode, icmp_id, icmp_seq, icmpv6.mtu.
#include <array>

#include "decoders/net/ip_protocol.h"
#include "rules/compile/keyword_table.h"

namespace weir::rules {
namespace {

constexpr std::array kIcmp{ip_protocol::icmp, ip_protocol::icmpv6};

Number type(const PacketContext& c) {
  return c.packet.has_icmp ? Number{c.packet.icmp.type} : Number{};
}
Number code(const PacketContext& c) {
  return c.packet.has_icmp ? Number{c.packet.icmp.code} : Number{};
}
Number id(const PacketContext& c) {
  return c.packet.has_icmp && c.packet.icmp.has_id ? Number{c.packet.icmp.id} : Number{};
}
Number sequence(const PacketContext& c) {
  return c.packet.has_icmp && c.packet.icmp.has_id ? Number{c.packet.icmp.sequence} : Number{};
}
Number mtu(const PacketContext& c) {
  return c.packet.has_icmp && c.packet.icmp.has_mtu ? Number{c.packet.icmp.mtu} : Number{};
}

constexpr PacketNumber kIcmpHeaderNumbers[] = {
    {.name = "itype",
     .summary = "ICMP type",
     .most = UINT8_MAX,
     .get = type,
     .ip_protocols = kIcmp,
     .on_records = true},
    {.name = "icode",
     .summary = "ICMP code",
     .most = UINT8_MAX,
     .get = code,
     .ip_protocols = kIcmp,
     .on_records = true},
    {.name = "icmp_id", .summary = "ICMP identifier", .most = UINT16_MAX, .get = id, .ip_protocols = kIcmp},
    {.name = "icmp_seq",
     .summary = "ICMP sequence number",
     .most = UINT16_MAX,
     .get = sequence,
     .ip_protocols = kIcmp},
    {.name = "icmpv6.mtu",
     .summary = "MTU of an ICMPv6 packet-too-big message",
     .most = UINT32_MAX,
     .get = mtu,
     .ip_protocols = {ip_protocol::icmpv6}},
};

}  // namespace

const KeywordFile keywords_icmp_header{.packet_numbers = kIcmpHeaderNumbers};

}  // namespace weir::rules
