#include "decoders/address_text.h"

#include <doctest/doctest.h>

#include <string>

using namespace weir;

TEST_CASE("address text: what is written is read, in the short form") {
  for (const char* text : {"0.0.0.0", "10.20.0.7", "255.255.255.255", "::", "2001:db8::1", "::ffff:192.0.2.1",
                           "fe80::1:2:3:4"}) {
    CAPTURE(text);
    const IpAddress address = read_address(text);
    CHECK(address.family == (std::string(text).find(':') == std::string::npos ? 4 : 6));
    CHECK(ShortAddress(address).view() == text);
  }
  CHECK(ShortAddress(IpAddress{}).view().empty());
  CHECK(read_address("2001:0db8:0000:0000:0000:0000:0000:0001") == read_address("2001:db8::1"));
}

TEST_CASE("address text: what is no address is none") {
  for (const char* text : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4",
                           "1..2.3", "a.b.c.d", "1.2.3.", ":", "1:2", "fe80::1%eth0",
                           "::1::", "11111111111111111111111111111111111111111111111111111111"}) {
    CAPTURE(text);
    CHECK(read_address(text).family == 0);
  }
}

TEST_CASE("address text: MAC addresses have six pairs and colons between them") {
  const auto mac = read_mac("02:00:5e:00:53:aF");
  REQUIRE(mac.has_value());
  CHECK((*mac)[0] == 2);
  CHECK((*mac)[5] == 0xaf);
  for (const char* text : {"", "02:00:5e:00:53", "02-00-5e-00-53-af",
                           "02005e0053af:::::", "02:00:5e:00:53:ag", "02:00:5e:00:53:af "})
    CHECK_FALSE(read_mac(text).has_value());
}
