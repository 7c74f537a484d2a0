#include "decoders/checksum.h"

#include <bit>
#include <cstring>

namespace weir {
namespace {

// Words are summed as the machine reads them: the one's complement sum does not care, the result is swapped
// at the end (RFC 1071 2 B). 32-bit words in a 64-bit sum cannot overflow below 2^32 words.
std::uint64_t add(std::uint64_t sum, Bytes bytes) {
  const std::uint8_t* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 4; left -= 4, p += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, p, 4);
    sum += word;
  }
  if (left > 0) {
    std::uint32_t word = 0;
    std::memcpy(&word, p, left);  // the rest is zero, as if padded
    sum += word;
  }
  return sum;
}

std::uint16_t finish(std::uint64_t sum) {
  sum = (sum & 0xffffffffU) + (sum >> 32);
  sum = (sum & 0xffffffffU) + (sum >> 32);
  sum = (sum & 0xffffU) + (sum >> 16);
  sum = (sum & 0xffffU) + (sum >> 16);
  const auto folded = static_cast<std::uint16_t>(~sum & 0xffffU);
  if constexpr (std::endian::native == std::endian::big) return folded;
  return static_cast<std::uint16_t>((folded << 8) | (folded >> 8));
}

}  // namespace

std::uint16_t internet_checksum(Bytes bytes) {
  return finish(add(0, bytes));
}

std::uint16_t transport_checksum(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                 Bytes segment) {
  // Zero bytes add nothing, so the IPv4 address (4 of 16 bytes) and both forms of the length need no cases.
  const auto length = static_cast<std::uint32_t>(segment.size());
  const std::uint8_t tail[8] = {static_cast<std::uint8_t>(length >> 24),
                                static_cast<std::uint8_t>(length >> 16),
                                static_cast<std::uint8_t>(length >> 8),
                                static_cast<std::uint8_t>(length),
                                0,
                                0,
                                0,
                                protocol};
  std::uint64_t sum = add(0, source.bytes);
  sum = add(sum, destination.bytes);
  sum = add(sum, tail);
  return finish(add(sum, segment));
}

}  // namespace weir
