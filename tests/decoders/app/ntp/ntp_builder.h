// NTP messages for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::test {

inline std::string ntp_timestamp(std::uint64_t value) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8)
    out += static_cast<char>(value >> static_cast<unsigned>(shift));
  return out;
}

// A message that tells the time (RFC 5905 figure 8).
inline std::string ntp_time(unsigned version, unsigned mode, std::uint64_t origin, std::uint64_t transmit,
                            unsigned stratum = 2, std::string_view reference = "GPS\0") {
  std::string out{static_cast<char>(version << 3U | mode), static_cast<char>(stratum)};
  out += std::string(10, '\1');  // poll, precision, root delay and dispersion
  out += reference.substr(0, 4);
  out += std::string(4 - reference.size(), '\0');
  return out + ntp_timestamp(7) + ntp_timestamp(origin) + ntp_timestamp(8) + ntp_timestamp(transmit);
}

// A control message (RFC 9327 figure 1) without data: "read variables".
inline std::string ntp_control(bool response) {
  return std::string{'\x26', response ? '\x82' : '\x02'} + std::string(10, '\0');
}

}  // namespace weir::test
