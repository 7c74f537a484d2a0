#include "decoders/net/net.h"

namespace weir {
namespace {

// https://www.iana.org/assignments/ip-parameters
enum Option : std::uint8_t {
  end_of_list = 0,
  no_operation = 1,
  record_route = 7,
  quick_start = 25,
  timestamp = 68,
  security = 130,
  loose_route = 131,
  extended_security = 133,
  commercial_security = 134,
  stream_id = 136,
  strict_route = 137,
  router_alert = 148
};

constexpr std::size_t kFixedHeaderBytes = 20;
constexpr std::size_t kAlignment = 8;

// RFC 791 3.1: pointer, then whole addresses.
bool route_ok(Bytes body) {
  if (body.empty() || (body.size() - 1) % 4 != 0) return false;
  const std::size_t pointer = body[0], length = body.size() + 2;
  return pointer >= 4 && pointer % 4 == 0 && pointer <= length + 1;
}

// Pointer, overflow and flag, then entries of 4 or 8 bytes.
bool timestamp_ok(Bytes body) {
  if (body.size() < 2) return false;
  const std::size_t pointer = body[0], length = body.size() + 2;
  const unsigned flag = body[1] & 0x0fU;
  if (flag != 0 && flag != 1 && flag != 3) return false;
  const std::size_t entry = flag == 0 ? 4 : 8;
  return pointer >= 5 && (pointer - 5) % entry == 0 && pointer <= length + 1;
}

// More hosts than it can count had no room for theirs: RFC 791 has the next one drop it.
bool overflows(Bytes timestamps) {
  return timestamps.size() >= 2 && timestamps[1] >> 4U == 0x0fU;
}

// RFC 2401 style tags of CIPSO (FIPS 188): a domain of 4 bytes, then tags with a length each.
bool commercial_security_ok(Bytes body) {
  ByteCursor in{body};
  in.skip(4);
  for (std::size_t n = 0; n < kMaxIpOptions && !in.empty(); ++n) {
    if (in.u8() == 0) return false;
    const std::size_t length = in.u8();
    if (length < 4) return false;
    in.skip(length - 2);
  }
  return !in.failed();
}

struct Verdict {
  bool length_ok = true, content_ok = true;
};

Verdict check_option(std::uint8_t type, Bytes body, bool& known) {
  const std::size_t length = body.size() + 2;
  switch (type) {
    case record_route:
    case loose_route:
    case strict_route: return length < 3 ? Verdict{false, true} : Verdict{true, route_ok(body)};
    case timestamp: return length < 4 ? Verdict{false, true} : Verdict{true, timestamp_ok(body)};
    case quick_start: return {length >= 8, true};
    case security: return {length == 11, true};
    case extended_security: return {length >= 3, true};
    case commercial_security:
      return length < 6 ? Verdict{false, true} : Verdict{true, commercial_security_ok(body)};
    case stream_id:
    case router_alert: return {length == 4, true};
    default: known = false; return {};
  }
}

// Options that may stand once only, as bits of a set.
std::uint32_t bit_of(std::uint8_t type) {
  switch (type) {
    case record_route: return 1U << 0;
    case loose_route: return 1U << 1;
    case strict_route: return 1U << 2;
    case timestamp: return 1U << 3;
    case quick_start: return 1U << 4;
    case security: return 1U << 5;
    case extended_security: return 1U << 6;
    case commercial_security: return 1U << 7;
    case stream_id: return 1U << 8;
    case router_alert: return 1U << 9;
    default: return 0;
  }
}

}  // namespace

void check_ipv4_options(Bytes options, Packet& p) {
  if (options.size() % kAlignment != 0) p.note({Anomaly::ipv4_opt_pad_required, kFixedHeaderBytes});
  ByteCursor in{options};
  std::uint32_t seen = 0;
  for (std::size_t n = 0; n < kMaxIpOptions && !in.empty(); ++n) {
    const std::uint32_t at = kFixedHeaderBytes + in.offset();
    const std::uint8_t type = in.u8();
    if (type == end_of_list) return;
    if (type == no_operation) continue;
    if (in.empty()) {
      p.ip.options_in_doubt = true;
      return p.note({Anomaly::ipv4_opt_eol_required, at});
    }
    const std::size_t length = in.u8();
    if (length < 2 || length - 2 > in.remaining()) {
      p.ip.options_in_doubt = true;
      return note_invalid(p, Anomaly::ipv4_opt_invalid_len, at);
    }
    const Bytes body = in.take(length - 2);
    const std::uint32_t bit = bit_of(type);
    if ((seen & bit) != 0) {
      p.note({Anomaly::ipv4_opt_duplicate, at});
      continue;
    }
    seen |= bit;
    bool known = true;
    const Verdict verdict = check_option(type, body, known);
    if (!verdict.length_ok) note_invalid(p, Anomaly::ipv4_opt_invalid_len, at);
    if (!verdict.content_ok) note_invalid(p, Anomaly::ipv4_opt_malformed, at);
    p.ip.options_in_doubt |= type == loose_route || type == strict_route || type == commercial_security;
    p.ip.options_in_doubt |= type == timestamp && overflows(body);
    p.ip.options_in_doubt |= !verdict.length_ok || !verdict.content_ok;
    if (!known) p.note({Anomaly::ipv4_opt_unknown, at});
  }
}

}  // namespace weir
