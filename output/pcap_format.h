// What a pcap file consists of: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html, little-endian.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "decoders/packet.h"

namespace weir::output {

inline constexpr std::size_t kPcapFileHeaderBytes = 24, kPcapRecordHeaderBytes = 16;
inline constexpr std::uint32_t kPcapSnapLength = 262144;  // the longest record that common readers take

template <std::size_t N>
constexpr std::array<std::uint8_t, N * 4> little_endian(const std::array<std::uint32_t, N>& words) {
  std::array<std::uint8_t, N * 4> out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(words[i / 4] >> (i % 4 * 8));
  return out;
}

// Fractions of seconds in the records are micro- or nanoseconds.
constexpr std::array<std::uint8_t, kPcapFileHeaderBytes> pcap_file_header(int link_type, bool nanoseconds) {
  constexpr std::uint32_t kMicro = 0xa1b2c3d4, kNano = 0xa1b23c4d, kVersion = 0x00040002;  // 2.4
  return little_endian<6>(
      {nanoseconds ? kNano : kMicro, kVersion, 0, 0, kPcapSnapLength, static_cast<std::uint32_t>(link_type)});
}

// Of a record with `kept` bytes; seconds beyond 32 bits (the year 2106) are cut to the last one.
constexpr std::array<std::uint8_t, kPcapRecordHeaderBytes> pcap_record_header(const RawPacket& raw,
                                                                              std::uint32_t fraction,
                                                                              std::size_t kept) {
  constexpr TimeUs kLast = std::numeric_limits<std::uint32_t>::max();
  const auto seconds = static_cast<std::uint32_t>(std::clamp<TimeUs>(raw.time / 1'000'000, 0, kLast));
  const auto length = static_cast<std::uint32_t>(kept);
  return little_endian<4>({seconds, fraction, length, std::max(raw.wire_length, length)});
}

// The part of a time behind its second.
constexpr std::uint32_t microseconds_of(TimeUs time) {
  return static_cast<std::uint32_t>(std::max<TimeUs>(time, 0) % 1'000'000);
}

}  // namespace weir::output
