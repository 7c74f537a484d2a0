// RDP packets for tests (MS-RDPBCGR 2.2.1).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "tests/decoders/der_builder.h"

namespace weir::test {

inline std::string rdp_little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> static_cast<unsigned>(8 * i));
  return out;
}
inline std::string rdp_packet(std::string_view behind) {
  const std::size_t n = behind.size() + 4;
  return std::string{'\3', '\0', static_cast<char>(n >> 8U), static_cast<char>(n)}.append(behind);
}
// A connection request (type 0xe0) or confirm (0xd0) with what stands behind its addresses.
inline std::string rdp_initial(unsigned type, std::string_view behind) {
  return rdp_packet(std::string{static_cast<char>(6 + behind.size()), static_cast<char>(type)} +
                    std::string(5, '\0') + std::string(behind));
}
inline std::string rdp_negotiation(int type, int flags, std::uint32_t value) {
  return std::string{static_cast<char>(type), static_cast<char>(flags)} + rdp_little(8, 2) +
         rdp_little(value, 4);
}
inline std::string rdp_data(std::string_view mcs) {
  return rdp_packet(std::string("\x02\xf0\x80").append(mcs));
}

inline std::string rdp_wide(std::string_view text, std::size_t bytes) {
  std::string out;
  for (const char c : text) out += {c, '\0'};
  out.resize(bytes);
  return out;
}
// The client's core data, up to and without what later versions brought.
inline std::string rdp_core(std::uint32_t version, std::string_view name) {
  return rdp_little(version, 4) + rdp_little(1280, 2) + rdp_little(1024, 2) + rdp_little(0xca01, 2) +
         rdp_little(0xaa03, 2) + rdp_little(0x409, 4) + rdp_little(2600, 4) + rdp_wide(name, 32) +
         rdp_little(4, 4) + rdp_little(0, 4) + rdp_little(12, 4) + std::string(64, '\0');
}
inline std::string rdp_later_core(std::uint16_t capabilities, std::uint8_t connection) {
  return rdp_little(0xca01, 2) + rdp_little(1, 2) + rdp_little(0, 4) + rdp_little(16, 2) + rdp_little(7, 2) +
         rdp_little(capabilities, 2) + rdp_wide("76487-OEM", 64) + rdp_little(connection, 1) +
         std::string(1, '\0') + rdp_little(0, 4);
}
inline std::string rdp_block(std::uint16_t type, std::string_view content) {
  return rdp_little(type, 2) + rdp_little(content.size() + 4, 2) + std::string(content);
}
inline std::string rdp_channels(std::initializer_list<std::string_view> names) {
  std::string out = rdp_little(names.size(), 4);
  for (const std::string_view name : names) {
    std::string field(name);
    field.resize(8);
    out += field + rdp_little(0x80800000, 4);
  }
  return rdp_block(0xc003, out);
}
// MCS Connect-Initial with these blocks.
inline std::string rdp_connect(std::string_view blocks) {
  const auto per = [](std::size_t n) {
    return std::string{static_cast<char>(0x80U | n >> 8U), static_cast<char>(n)};
  };
  std::string conference = std::string("\0\5\0\x14\x7c\0\1", 7) + per(blocks.size() + 14) +
                           std::string("\0\x08\0\x10\0\1\xc0\0", 8) + "Duca" + per(blocks.size());
  conference += blocks;
  const std::string parameters = der(0x30, der(0x02, "\1"));
  const std::string content = der(0x04, "\1") + der(0x04, "\1") + der(0x01, "\xff") + parameters +
                              parameters + parameters + der(0x04, conference);
  return rdp_data(std::string("\x7f") + der(0x65, content));
}
inline std::string rdp_connected() {
  return rdp_data(std::string("\x7f") + der(0x66, der(0x0a, std::string(1, '\0'))));
}

}  // namespace weir::test
