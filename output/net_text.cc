#include "output/net_text.h"

#include <charconv>

#include "decoders/text.h"

namespace weir::output {
namespace {

// IANA's protocol numbers, as /etc/protocols writes them; empty: no name.
struct ProtocolNames {
  std::array<std::string_view, 256> name{};
  std::array<std::array<char, 3>, 256> digits{};

  constexpr ProtocolNames() {
    name[0] = "HOPOPT", name[1] = "ICMP", name[2] = "IGMP", name[3] = "GGP", name[4] = "IP-in-IP",
    name[5] = "ST";
    name[6] = "TCP", name[7] = "CBT", name[8] = "EGP", name[9] = "IGP", name[10] = "BBN-RCC-MON",
    name[11] = "NVP-II";
    name[12] = "PUP", name[13] = "ARGUS", name[14] = "EMCON", name[15] = "XNET", name[16] = "CHAOS",
    name[17] = "UDP";
    name[18] = "MUX", name[19] = "DCN-MEAS", name[20] = "HMP", name[21] = "PRM", name[22] = "XNS-IDP";
    name[27] = "RDP", name[28] = "IRTP", name[29] = "ISO-TP4", name[33] = "DCCP", name[35] = "IDPR",
    name[36] = "XTP";
    name[37] = "DDP", name[38] = "IDPR-CMTP", name[39] = "TP++", name[40] = "IL", name[41] = "IPv6",
    name[42] = "SDRP";
    name[43] = "IPv6-Route", name[44] = "IPv6-Frag", name[45] = "IDRP", name[46] = "RSVP", name[47] = "GRE";
    name[48] = "DSR", name[49] = "BNA", name[50] = "ESP", name[51] = "AH", name[52] = "I-NLSP",
    name[54] = "NARP";
    name[55] = "MOBILE", name[56] = "TLSP", name[57] = "SKIP", name[58] = "IPv6-ICMP",
    name[59] = "IPv6-NoNxt";
    name[60] = "IPv6-Opts", name[73] = "RSPF", name[81] = "VMTP", name[88] = "EIGRP", name[89] = "OSPF-IGP";
    name[94] = "IPIP", name[97] = "ETHERIP", name[98] = "ENCAP", name[103] = "PIM", name[108] = "IPComp";
    name[112] = "VRRP", name[115] = "L2TP", name[124] = "ISIS over IPv4", name[132] = "SCTP",
    name[133] = "FC";
    name[135] = "Mobility-Header", name[136] = "UDPLite", name[137] = "MPLS-in-IP", name[138] = "manet";
    name[139] = "HIP", name[140] = "Shim6", name[141] = "WESP", name[142] = "ROHC";
    for (std::size_t i = 0; i < digits.size(); ++i)
      digits[i] = {static_cast<char>('0' + i / 100), static_cast<char>('0' + i / 10 % 10),
                   static_cast<char>('0' + i % 10)};
  }
};
constexpr ProtocolNames kProtocols;

char* put_group(char* to, std::uint8_t high, std::uint8_t low) {
  return put_hex(put_hex(to, high), low);
}

}  // namespace

AddressText::AddressText(const IpAddress& address) {
  char* to = text_.data();
  char* const end = to + text_.size();
  if (address.family == 4) {
    for (std::size_t i = 0; i < 4; ++i) {
      if (i != 0) *to++ = '.';
      to = std::to_chars(to, end, address.bytes[i]).ptr;
    }
  } else if (address.family == 6) {
    for (std::size_t i = 0; i < 16; i += 2) {
      if (i != 0) *to++ = ':';
      to = put_group(to, address.bytes[i], address.bytes[i + 1]);
    }
  }
  size_ = static_cast<std::size_t>(to - text_.data());
}

std::string_view ip_protocol_name(std::uint8_t protocol) {
  const std::string_view name = kProtocols.name[protocol];
  return name.empty() ? std::string_view{kProtocols.digits[protocol].data(), 3} : name;
}

std::string_view link_type_name(int link_type) {
  switch (link_type) {
    case 0: return "NULL";
    case 1: return "EN10MB";
    case 9: return "PPP";
    case 12:
    case 14:
    case 101: return "RAW";
    case 104: return "C_HDLC";
    case 105: return "IEEE802_11";
    case 108: return "LOOP";
    case 113: return "LINUX_SLL";
    case 228: return "IPv4";
    case 229: return "IPv6";
    case 276: return "LINUX_SLL2";
    default: return {};
  }
}

}  // namespace weir::output
