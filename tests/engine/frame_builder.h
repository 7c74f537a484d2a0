// Ethernet frames with IPv4 and UDP or TCP, byte by byte, for tests of the whole way. Checksums are zero.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "decoders/packet.h"

namespace weir::test {

struct FrameAddress {
  std::uint32_t ip;
  std::uint16_t port;
};

inline void put16(std::string& out, std::uint32_t v) {
  out.push_back(static_cast<char>(v >> 8U));
  out.push_back(static_cast<char>(v));
}
inline void put32(std::string& out, std::uint32_t v) {
  put16(out, v >> 16U);
  put16(out, v & 0xffffU);
}

inline std::string ipv4_frame(std::uint32_t source, std::uint32_t destination, std::uint8_t protocol,
                              std::string_view payload) {
  std::string f(12, '\x02');
  put16(f, 0x0800);
  f += "\x45";  // version and header length
  f.push_back('\0');
  put16(f, static_cast<std::uint32_t>(20 + payload.size()));
  put32(f, 0x00014000);  // identification, "do not fragment"
  f.push_back(64);
  f.push_back(static_cast<char>(protocol));
  put16(f, 0);
  put32(f, source);
  put32(f, destination);
  return f += payload;
}

inline std::string udp_frame(FrameAddress from, FrameAddress to, std::string_view data) {
  std::string u;
  put16(u, from.port);
  put16(u, to.port);
  put16(u, static_cast<std::uint32_t>(8 + data.size()));
  put16(u, 0);
  return ipv4_frame(from.ip, to.ip, 17, u.append(data));
}

// The length of `options` is a multiple of 4.
inline std::string tcp_frame(FrameAddress from, FrameAddress to, std::uint8_t flags, std::uint32_t sequence,
                             std::uint32_t acknowledgment, std::string_view data = {},
                             std::string_view options = {}) {
  std::string t;
  put16(t, from.port);
  put16(t, to.port);
  put32(t, sequence);
  put32(t, acknowledgment);
  t.push_back(static_cast<char>(0x50 + (options.size() << 2U)));  // header length
  t.push_back(static_cast<char>(flags));
  put16(t, 65535);
  put32(t, 0);
  t += options;
  return ipv4_frame(from.ip, to.ip, 6, t.append(data));
}

}  // namespace weir::test
