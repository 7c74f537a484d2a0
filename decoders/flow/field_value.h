// Values of fields as numbers, texts and times.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "decoders/byte_cursor.h"
#include "decoders/flow/elements.h"
#include "decoders/types.h"

namespace weir::flow {

inline constexpr TimeUs kUsPerMs = 1000, kUsPerSecond = 1'000'000;
// Times beyond (64 bits of milliseconds) are no times.
inline constexpr std::uint64_t kMostSeconds = std::uint64_t{1} << 34U;

// Big-endian, up to eight bytes; a longer one (a text in a number's place) is 0.
inline std::uint64_t to_number(Bytes value) {
  // The usual sizes are a load each.
  const auto b = [&value](std::size_t i) { return std::uint64_t{value[i]}; };
  switch (value.size()) {
    case 1: return b(0);
    case 2: return b(0) << 8U | b(1);
    case 4: return b(0) << 24U | b(1) << 16U | b(2) << 8U | b(3);
    case 8:
      return b(0) << 56U | b(1) << 48U | b(2) << 40U | b(3) << 32U | b(4) << 24U | b(5) << 16U | b(6) << 8U |
             b(7);
    default: break;
  }
  if (value.size() > sizeof(std::uint64_t)) return 0;
  std::uint64_t out = 0;
  for (const std::uint8_t byte : value) out = out << 8U | byte;
  return out;
}

// Fewer when the value is greater than what fits.
template <class T>
T to_number_of(Bytes value) {
  return static_cast<T>(to_number(value));
}

inline double to_float(Bytes value) {
  if (value.size() == 4) return std::bit_cast<float>(to_number_of<std::uint32_t>(value));
  return value.size() == 8 ? std::bit_cast<double>(to_number(value)) : 0;
}

// Without the zeros that fill a field of fixed length.
inline std::string_view to_text(Bytes value) {
  const std::string_view text{reinterpret_cast<const char*>(value.data()), value.size()};
  return text.substr(0, text.find('\0'));
}

// Seconds since 1900 with a fraction (RFC 5905), or since 2036, when they began again.
inline TimeUs from_ntp(std::uint64_t ntp) {
  constexpr std::int64_t kFrom1900To1970 = 2'208'988'800, kEra = std::int64_t{1} << 32U;
  std::int64_t seconds = static_cast<std::int64_t>(ntp >> 32U);
  seconds += seconds < kEra / 2 ? kEra - kFrom1900To1970 : -kFrom1900To1970;
  return seconds * kUsPerSecond + static_cast<TimeUs>(((ntp & 0xffffffffU) * 1'000'000) >> 32U);
}

// By the element's type. 0 for no time.
inline TimeUs to_time(DataType type, Bytes value) {
  const std::uint64_t n = to_number(value);
  if (n == 0) return 0;
  switch (type) {
    case DataType::dateTimeSeconds: return n < kMostSeconds ? static_cast<TimeUs>(n) * kUsPerSecond : 0;
    case DataType::dateTimeMilliseconds:
      return n < kMostSeconds * 1000 ? static_cast<TimeUs>(n) * kUsPerMs : 0;
    case DataType::dateTimeMicroseconds:
    case DataType::dateTimeNanoseconds: return from_ntp(n);
    default: return 0;
  }
}

}  // namespace weir::flow
