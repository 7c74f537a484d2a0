#include "decoders/checksum.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace weir;

TEST_CASE("checksum: the sum is that of RFC 1071 for every length and start") {
  std::vector<std::uint8_t> bytes(301);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 197 + 11);
  for (std::size_t start = 0; start < 5; ++start) {
    for (std::size_t n = 0; n + start <= bytes.size(); ++n) {
      std::uint32_t sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += i % 2 == 0 ? bytes[start + i] * 256U : bytes[start + i];
      while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
      CHECK(internet_checksum(Bytes(bytes).subspan(start, n)) == (~sum & 0xffff));
    }
  }
  const std::vector<std::uint8_t> ones(65535, 0xff);
  CHECK(internet_checksum(ones) == 0x00ff);
}

TEST_CASE("checksum: an IPv4 header and datagrams whose sums were worked out elsewhere") {
  constexpr std::array<std::uint8_t, 20> kHeader{0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                                                 0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
  CHECK(internet_checksum(kHeader) == 0xb861);
  // UDP: ports 40000 and 53, length 11, no checksum yet, "abc".
  constexpr std::array<std::uint8_t, 11> kDatagram{0x9c, 0x40, 0x00, 0x35, 0x00, 0x0b,
                                                   0x00, 0x00, 'a',  'b',  'c'};
  CHECK(transport_checksum(IpAddress::v4(0x0a000001), IpAddress::v4(0x0a000002), 17, kDatagram) == 0x8afd);
  std::array<std::uint8_t, 16> one{0x20, 0x01, 0x0d, 0xb8}, two = one;
  one[15] = 1;
  two[15] = 2;
  CHECK(transport_checksum(IpAddress::from(one), IpAddress::from(two), 17, kDatagram) == 0x438b);
}
