#include "decoders/link/link.h"
#include "decoders/tunnel/tunnel.h"

namespace weir {
namespace {

Step not_mine() {
  return Step{.mine = false};
}

constexpr std::uint16_t kBridged = 0x6558, kIpv4 = 0x0800, kIpv6 = 0x86dd, kArp = 0x0806;

// The chain of extension headers: each says its length in words of four bytes and, in its last byte, what follows.
bool skip_gtp_extensions(std::uint8_t next, ByteCursor& in) {
  for (std::size_t n = 0; n < kMaxGtpExtensions && next != 0; ++n) {
    const std::size_t bytes = std::size_t{in.u8()} * 4;
    if (in.failed() || bytes == 0) return false;
    in.skip(bytes - 2);
    next = in.u8();
  }
  return next == 0 && !in.failed();
}

}  // namespace

DecodedStep decode_vxlan(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  constexpr std::uint32_t kNetworkValid = 0x08000000;
  const std::uint32_t flags = in.be32(), network = in.be32();
  if (in.failed() || (flags & kNetworkValid) == 0) return not_mine();
  if (settings.vxlan_strict_reserved_bits && (flags != kNetworkValid || (network & 0xff) != 0))
    return not_mine();
  const Bytes frame = in.peek(in.remaining());
  if (!looks_like_ethernet(ByteCursor{frame}, settings)) {
    p.note({Anomaly::vxlan_unknown_payload_type, in.offset()});
    return not_mine();
  }
  p.tunnel = {Proto::ethernet, Proto::vxlan, frame};
  return last_layer();
}

DecodedStep decode_geneve(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  const std::uint8_t first = in.u8();
  in.skip(1);
  const std::uint16_t protocol = in.be16();
  in.skip(4);                               // network and reserved
  in.skip(std::size_t{first & 0x3fU} * 4);  // options
  if (in.failed() || first >> 6 != 0) return not_mine();
  const Bytes inner = in.peek(in.remaining());
  Proto next = Proto::none;
  if (protocol == kIpv4) next = Proto::ipv4;
  if (protocol == kIpv6) next = Proto::ipv6;
  if (protocol == kArp) next = Proto::arp;
  if (protocol == kBridged && looks_like_ethernet(ByteCursor{inner}, settings)) next = Proto::ethernet;
  if (next == Proto::none) {
    p.note({Anomaly::geneve_unknown_payload_type, in.offset()});
    return not_mine();
  }
  p.tunnel = {next, Proto::geneve, inner};
  return last_layer();
}

DecodedStep decode_gtp_u(ByteCursor& in, Packet& p, const DecodeSettings& settings) {
  constexpr std::uint8_t kUserData = 255;
  constexpr unsigned kVersion = 1, kExtensionFlag = 4, kAnyOptional = 7;
  const std::uint8_t first = in.u8(), message = in.u8();
  in.skip(6);  // length and tunnel
  if (in.failed() || first >> 5 != kVersion || message != kUserData) return not_mine();
  if ((first & kAnyOptional) != 0) {
    in.skip(3);  // sequence and N-PDU number: there if any of the flags is set
    const std::uint8_t extension = in.u8();
    if ((first & kExtensionFlag) != 0 && !skip_gtp_extensions(extension, in)) return not_mine();
  }
  const Bytes inner = in.peek(in.remaining());
  Proto next = ip_by_looks(inner);
  if (next == Proto::none && looks_like_ethernet(ByteCursor{inner}, settings)) next = Proto::ethernet;
  if (in.failed() || next == Proto::none) return not_mine();
  p.tunnel = {next, Proto::gtp_u, inner};
  return last_layer();
}

DecodedStep decode_teredo(ByteCursor& in, Packet& p) {
  constexpr std::size_t kOriginBytes = 8, kIpv6HeaderBytes = 40, kHopByHopBytes = 8;
  // An origin indication begins with two zeros. The other header, authentication, comes with set-up messages only.
  const Bytes head = in.peek(2);
  if (head.size() == 2 && head[0] == 0) {
    if (head[1] != 0) return not_mine();
    in.skip(kOriginBytes);
  }
  const Bytes inner = in.peek(in.remaining());
  ByteCursor header{inner};
  const std::uint32_t first = header.be32();
  const std::size_t length = header.be16();
  const std::uint8_t next = header.u8(), hop_limit = header.u8();
  if (inner.size() < kIpv6HeaderBytes || first >> 28 != 6) return not_mine();
  if (length != inner.size() - kIpv6HeaderBytes || hop_limit == 0) return not_mine();
  if (next == 0 && length < kHopByHopBytes) return not_mine();
  p.tunnel = {Proto::ipv6, Proto::teredo, inner};
  return last_layer();
}

}  // namespace weir
