#include "decoders/link/link.h"

namespace weir {
namespace {

constexpr unsigned kFixedLengthWords = 6;  // MD type 1: base, path and four context headers
constexpr unsigned kMinLengthWords = 2;    // MD type 2

}  // namespace

DecodedStep decode_nsh(ByteCursor& in, Packet&) {
  const std::uint16_t flags = in.be16();
  const std::uint8_t md_type = in.u8() & 0x0f;
  const std::uint8_t next = in.u8();
  in.skip(4);  // service path
  if (in.failed()) return fault(Anomaly::nsh_header_too_small, 0);
  const unsigned version = flags >> 14, words = flags & 0x3fU;
  if (version != 0) return fault(Anomaly::nsh_unsupported_version, 0);
  if (words * 4 > in.whole().size()) return fault(Anomaly::nsh_bad_header_length, 1);
  switch (md_type) {
    case 0:
    case 0x0f: return fault(Anomaly::nsh_reserved_type, 2);
    case 1:
      if (words != kFixedLengthWords) return fault(Anomaly::nsh_bad_header_length, 1);
      break;
    case 2:
      if (words < kMinLengthWords) return fault(Anomaly::nsh_bad_header_length, 1);
      break;
    default: return fault(Anomaly::nsh_unsupported_type, 2);
  }
  in.skip(words * 4 - in.offset());
  switch (next) {
    case 1: return Step{Proto::ipv4, in.peek(in.remaining())};
    case 2: return Step{Proto::ipv6, in.peek(in.remaining())};
    case 3: return Step{Proto::ethernet, in.peek(in.remaining())};
    case 5: return Step{Proto::mpls, in.peek(in.remaining())};
    case 4:  // another service header, or an experiment
    case 6:
    case 7: return fault(Anomaly::nsh_unsupported_type, 3);
    default: return fault(Anomaly::nsh_unknown_payload, 3);
  }
}

}  // namespace weir
