#include "decoders/transport/transport.h"

namespace weir {
namespace {

// https://www.iana.org/assignments/tcp-parameters
enum Kind : std::uint8_t {
  end_of_list = 0,
  no_operation = 1,
  max_segment_size = 2,
  window_scale = 3,
  sack_permitted = 4,
  sack = 5,
  timestamps = 8,
  md5 = 19,
  authentication = 29,
  fast_open = 34,
  experiment1 = 253,
  experiment2 = 254
};
constexpr std::uint8_t kMaxWindowScale = 14;           // RFC 7323 2.3
constexpr std::uint16_t kFastOpenExperiment = 0xf989;  // RFC 7413 appendix B
constexpr std::uint32_t kFixedHeaderBytes = 20;

// Cookie request, or a cookie of 4 to 16 bytes; `body` is without kind and length.
bool fast_open_ok(std::size_t cookie_bytes) {
  return cookie_bytes == 0 || (cookie_bytes >= 4 && cookie_bytes <= 16 && cookie_bytes % 2 == 0);
}

struct OptionReader {
  Packet& p;
  bool seen_sack = false;

  // Length right and first of its kind?
  bool accept(bool length_ok, bool& seen, std::uint32_t at) {
    if (!length_ok) {
      p.note({Anomaly::tcp_opt_invalid_len, at});
      return false;
    }
    if (seen) {
      p.note({Anomaly::tcp_opt_duplicate, at});
      return false;
    }
    return seen = true;
  }

  void read(std::uint8_t kind, ByteCursor body, std::uint32_t at) {
    TcpHeader& tcp = p.tcp;
    const std::size_t size = body.remaining();
    switch (kind) {
      case max_segment_size:
        if (accept(size == 2, tcp.have_mss, at)) tcp.mss = body.be16();
        break;
      case window_scale:
        if (accept(size == 1, tcp.have_window_scale, at)) {
          const std::uint8_t shift = body.u8();
          tcp.window_scale = shift < kMaxWindowScale ? shift : kMaxWindowScale;
        }
        break;
      case sack_permitted: accept(size == 0, tcp.sack_permitted, at); break;
      case sack: accept(size % 8 == 0 && size <= 32, seen_sack, at); break;
      case timestamps:
        accept(size == 8, tcp.have_timestamp, at);
        if (size == 8) {  // of two hosts read the last
          tcp.timestamp_value = body.be32();
          tcp.timestamp_echo = body.be32();
        }
        break;
      case md5: accept(size == 16, tcp.have_md5, at); break;
      case authentication: accept(size >= 2, tcp.have_ao, at); break;
      case fast_open: accept(fast_open_ok(size), tcp.have_tfo, at); break;
      case experiment1:
      case experiment2:
        if (body.be16() == kFastOpenExperiment) accept(fast_open_ok(size - 2), tcp.have_tfo, at);
        break;
      default: break;
    }
  }
};

}  // namespace

void read_tcp_options(Packet& p) {
  ByteCursor in{p.tcp.options};
  OptionReader reader{p};
  for (std::size_t n = 0; n < kMaxTcpOptions && !in.empty(); ++n) {
    const std::uint32_t at = kFixedHeaderBytes + in.offset();
    const std::uint8_t kind = in.u8();
    if (kind == end_of_list) return;
    if (kind == no_operation) continue;
    if (in.empty()) return;
    const std::size_t length = in.u8();
    if (length < 2 || length - 2 > in.remaining()) {
      p.tcp.malformed_options = true;
      return note_invalid(p, Anomaly::tcp_opt_invalid_len, at);
    }
    reader.read(kind, in.sub(length - 2), at);
  }
}

}  // namespace weir
