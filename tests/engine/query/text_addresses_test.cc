#include "engine/query/text_addresses.h"

#include <array>

#include <doctest/doctest.h>

#include "decoders/address_text.h"

using namespace weir;
using namespace weir::engine;

namespace {

std::string marked(std::string_view text) {
  return replace_addresses(
      text, [](const IpAddress& a) { return "<" + std::string(ShortAddress(a).view()) + ">"; });
}

}  // namespace

TEST_CASE("addresses are found in text, whatever stands around them") {
  struct Row {
    const char *text, *expected;
  };
  constexpr std::array kRows{
      Row{"10.0.0.1", "<10.0.0.1>"},
      Row{"10.0.0.1:443", "<10.0.0.1>:443"},
      Row{"edge (192.0.2.1/1) saw it.", "edge (<192.0.2.1>/1) saw it."},
      Row{"by 192.0.2.1.", "by <192.0.2.1>."},
      Row{"ip:10.0.0.1,10.0.0.2-10.0.0.3", "ip:<10.0.0.1>,<10.0.0.2>-<10.0.0.3>"},
      Row{"[2001:db8::1]:443", "[<2001:db8::1>]:443"},
      Row{"2001:0db8:0000:0000:0000:0000:0000:0001", "<2001:db8::1>"},
      Row{"2001:db8::1.443 ::1 fe80::", "<2001:db8::1>.443 <::1> <fe80::>"},
      Row{"::ffff:192.0.2.1", "<::ffff:192.0.2.1>"},
      Row{"10.0.0.1.example.org", "<10.0.0.1>.example.org"},
  };
  for (const Row& row : kRows) CHECK(marked(row.text) == row.expected);
}

TEST_CASE("what is no address is left alone") {
  for (const char* text : {"", "10:00:00 - 10:59:00", "2026-11-30T08:00:00.000000+0000", "02:00:00:aa:bb:cc",
                           "1.2.3", "300.1.1.1", "of std::string", "tcp/443, 60 attempts", "::", "...",
                           "aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd"}) {
    CHECK(marked(text) == text);
  }
}

TEST_CASE("columns behind an address stay where they are, as far as there are blanks") {
  const auto other = [](const char* text, std::string to) {
    return replace_addresses(text, [&](const IpAddress&) { return to; });
  };
  CHECK(other("10.0.0.1    seen  x", "192.168.100.2") == "192.168.100.2 seen x");
  CHECK(other("10.0.0.1    seen", "192.0.2.1") == "192.0.2.1   seen");
  CHECK(other("192.0.2.100  seen", "10.0.0.1") == "10.0.0.1     seen");
  CHECK(other("10.0.0.1 -> b", "192.168.100.2") == "192.168.100.2 -> b");
  CHECK(other("10.0.0.1  seen", "").starts_with("10.0.0.1  seen"));
}
