#include "output/net_text.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::output;

TEST_CASE("addresses and protocols are printed as EVE spells them") {
  CHECK(AddressText(IpAddress::v4(0xff00010a)).view() == "255.0.1.10");
  constexpr std::array<std::uint8_t, 16> kV6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  CHECK(AddressText(IpAddress::from(kV6)).view() == "2001:0db8:0000:0000:0000:0000:0000:0001");
  CHECK(AddressText(IpAddress{}).view().empty());
  CHECK(ip_protocol_name(6) == "TCP");
  CHECK(ip_protocol_name(58) == "IPv6-ICMP");
  CHECK(ip_protocol_name(253) == "253");
  CHECK(ip_protocol_name(61) == "061");
}
