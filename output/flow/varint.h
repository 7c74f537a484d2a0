// Numbers in as few bytes as they need: seven bits a byte, the lowest first, the top bit set in all but the last.
#pragma once

#include <cstdint>

#include "decoders/byte_cursor.h"

namespace weir::output {

inline constexpr std::size_t kMaxVarintBytes = 10;

// Writes to `to`, which has room, and returns the place behind it.
inline std::uint8_t* put_varint(std::uint8_t* to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) *to++ = static_cast<std::uint8_t>(value | 0x80U);
  *to++ = static_cast<std::uint8_t>(value);
  return to;
}

// Fails when it does not end, or is longer than 64 bits.
inline std::uint64_t take_varint(ByteCursor& in) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < kMaxVarintBytes; ++i) {
    const std::uint8_t byte = in.u8();
    out |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if ((byte & 0x80U) == 0) return out;
  }
  in.fail();
  return 0;
}

// Numbers near zero, of either sign, become small ones.
constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1U) ^ ((value & 1U) != 0 ? ~std::uint64_t{0} : 0));
}
// Differences of times wrap instead of overflowing.
constexpr std::uint64_t time_difference(std::int64_t later, std::int64_t earlier) {
  return zigzag(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier)));
}
constexpr std::int64_t time_after(std::int64_t earlier, std::uint64_t difference) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(earlier) +
                                   static_cast<std::uint64_t>(unzigzag(difference)));
}

}  // namespace weir::output
