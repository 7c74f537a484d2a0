#include "decoders/net/net.h"

namespace weir {
namespace {

// https://www.iana.org/assignments/ipv6-parameters, destination options and hop-by-hop options.
constexpr std::uint8_t kPad1 = 0x00, kPadN = 0x01, kTunnelLimit = 0x04, kRouterAlert = 0x05,
                       kQuickStart = 0x26, kCalipso = 0x07, kJumbo = 0xc2, kHomeAddress = 0xc9;

// The length that an option must have; 0: any.
std::size_t fixed_length(std::uint8_t type) {
  switch (type) {
    case kRouterAlert: return 2;
    case kJumbo: return 4;
    case kHomeAddress: return 16;
    case kTunnelLimit: return 1;
    default: return 0;
  }
}

bool known_option(std::uint8_t type) {
  return type == kTunnelLimit || type == kRouterAlert || type == kQuickStart || type == kCalipso ||
         type == kJumbo || type == kHomeAddress;
}

}  // namespace

void check_ipv6_options(Bytes options, bool hop_by_hop, Packet& p) {
  ByteCursor in{options};
  bool only_padding = true;
  for (std::size_t n = 0; n < options.size() && !in.empty(); ++n) {  // each turn reads a byte at least
    const std::uint32_t at = in.offset();
    const std::uint8_t type = in.u8();
    if (type == kPad1) continue;
    const std::size_t length = in.u8();
    in.skip(length);
    if (in.failed()) return note_invalid(p, Anomaly::ipv6_exthdr_invalid_optlen, at);
    if (type == kPadN) {
      if (length == 0) p.note({Anomaly::ipv6_zero_len_padn, at});
      continue;
    }
    only_padding = false;
    const std::size_t wanted = fixed_length(type);
    if (wanted != 0 && length != wanted) return note_invalid(p, Anomaly::ipv6_exthdr_invalid_optlen, at);
    if (type == kHomeAddress) p.ip.other_addresses = true;
    if (!known_option(type))
      p.note({hop_by_hop ? Anomaly::ipv6_hopopts_unknown_opt : Anomaly::ipv6_dstopts_unknown_opt, at});
  }
  if (only_padding)
    p.note({hop_by_hop ? Anomaly::ipv6_hopopts_only_padding : Anomaly::ipv6_dstopts_only_padding, 0});
}

}  // namespace weir
