#include "decoders/link/link.h"

namespace weir {
namespace {

// Both headers hold more that nobody asks for: packet type, device type and the sender's address.
constexpr std::size_t kSllBeforeProtocol = 14;
constexpr std::size_t kSll2AfterProtocol = 18;

DecodedStep by_ether_type(std::uint16_t type, ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  p.ether_type = type;
  const Proto next = proto_of_ether_type(type, settings);
  if (next == Proto::none) p.note({Anomaly::ethernet_unknown_ethertype, in.offset()});
  return Step{next, in.peek(in.remaining())};
}

}  // namespace

DecodedStep decode_linux_sll(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  in.skip(kSllBeforeProtocol);
  const std::uint16_t type = in.be16();
  if (in.failed()) return fault(Anomaly::sll_pkt_too_small, 0);
  return by_ether_type(type, in, p, settings);
}

DecodedStep decode_linux_sll2(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  const std::uint16_t type = in.be16();
  in.skip(kSll2AfterProtocol);
  if (in.failed()) return fault(Anomaly::sll2_pkt_too_small, 0);
  return by_ether_type(type, in, p, settings);
}

}  // namespace weir
