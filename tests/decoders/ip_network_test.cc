#include "decoders/ip_network.h"

#include <doctest/doctest.h>

using namespace weir;

TEST_CASE("ip network: what it holds") {
  struct Row {
    const char* network;
    IpAddress in, out;
  };
  const IpAddress six{{0x20, 0x01, 0x0d, 0xb8}, 6}, other_six{{0x20, 0x01, 0x0d, 0xc8}, 6};
  const Row rows[] = {
      {"10.1.2.0/24", IpAddress::v4(0x0a0102ff), IpAddress::v4(0x0a010300)},
      {"10.1.2.128/25", IpAddress::v4(0x0a010280), IpAddress::v4(0x0a01027f)},
      {"10.1.2.3", IpAddress::v4(0x0a010203), IpAddress::v4(0x0a010202)},
      {"0.0.0.0/0", IpAddress::v4(0xffffffff), six},
      {"2001:db8::/28", six, other_six},
      {"::/0", other_six, IpAddress::v4(0)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.network);
    const auto network = IpNetwork::parse(row.network);
    REQUIRE(network.has_value());
    CHECK(network->contains(row.in));
    CHECK_FALSE(network->contains(row.out));
  }
}

TEST_CASE("ip network: the first bits of an address") {
  const IpAddress four = IpAddress::v4(0xc0a8ffff);
  CHECK(IpNetwork::prefix(four, 0) == IpAddress::v4(0));
  CHECK(IpNetwork::prefix(four, 16) == IpAddress::v4(0xc0a80000));
  CHECK(IpNetwork::prefix(four, 17) == IpAddress::v4(0xc0a88000));
  CHECK(IpNetwork::prefix(four, 32) == four);
  IpAddress six{{}, 6};
  six.bytes.fill(0xff);
  CHECK(IpNetwork::prefix(six, 128) == six);
  six.bytes[15] = 0xfe;
  CHECK(IpNetwork::prefix(IpNetwork::parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")->address, 127) == six);
}

TEST_CASE("ip network: what is none") {
  for (const char* text :
       {"", "/8", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::/129", "any", "!10.0.0.1"}) {
    CAPTURE(text);
    CHECK_FALSE(IpNetwork::parse(text).has_value());
  }
}
