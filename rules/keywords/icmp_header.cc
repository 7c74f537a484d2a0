// Keywords about ICMP and ICMPv6: itype, icode, icmp_id, icmp_seq, icmpv6.mtu.
#include "rules/keywords/packet_number.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;
using Field = std::optional<std::uint64_t>;

Field type(const Packet& p) {
  return p.has_icmp ? Field{p.icmp.type} : Field{};
}
Field code(const Packet& p) {
  return p.has_icmp ? Field{p.icmp.code} : Field{};
}
Field id(const Packet& p) {
  return p.has_icmp && p.icmp.has_id ? Field{p.icmp.id} : Field{};
}
Field sequence(const Packet& p) {
  return p.has_icmp && p.icmp.has_id ? Field{p.icmp.sequence} : Field{};
}
Field mtu(const Packet& p) {
  return p.has_icmp && p.icmp.has_mtu ? Field{p.icmp.mtu} : Field{};
}

}  // namespace

const KeywordSpec kw_itype{"itype", compile_packet_number<type, UINT8_MAX>, Argument::required, "ICMP type"};
const KeywordSpec kw_icode{"icode", compile_packet_number<code, UINT8_MAX>, Argument::required, "ICMP code"};
const KeywordSpec kw_icmp_id{"icmp_id", compile_packet_number<id, UINT16_MAX>, Argument::required,
                             "ICMP identifier"};
const KeywordSpec kw_icmp_seq{"icmp_seq", compile_packet_number<sequence, UINT16_MAX>, Argument::required,
                              "ICMP sequence number"};
const KeywordSpec kw_icmpv6_mtu{"icmpv6.mtu", compile_packet_number<mtu, UINT32_MAX>, Argument::required,
                                "MTU of an ICMPv6 packet-too-big message"};

}  // namespace weir::rules
