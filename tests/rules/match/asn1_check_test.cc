#include "rules/match/asn1_check.h"

#include <doctest/doctest.h>

#include <string>

using namespace weir;
using namespace weir::rules;

namespace {

constexpr Asn1Check kBits{.bitstring_overflow = true}, kLongNumber{.double_overflow = true};

Asn1Check longer_than(std::uint32_t n) {
  Asn1Check check;
  check.compares_length = true;
  check.oversize = n;
  return check;
}

bool asn1_in(std::string_view data, const Asn1Check& check) {
  return asn1_matches({reinterpret_cast<const std::uint8_t*>(data.data()), data.size()}, check);
}

// A head with a length of two bytes.
std::string long_element(char tag, std::size_t length, const std::string& content) {
  return std::string{tag, '\x82', static_cast<char>(length >> 8U), static_cast<char>(length & 0xffU)} +
         content;
}

}  // namespace

TEST_CASE("asn1: a bit string with more useless bits than it has") {
  CHECK(asn1_in(std::string("\x03\x02\x09\xff", 4), kBits));
  CHECK_FALSE(asn1_in(std::string("\x03\x02\x07\xff", 4), kBits));
  CHECK(asn1_in(std::string("\x03\x01\x01", 3), kBits));
  CHECK_FALSE(asn1_in(std::string("\x03\x01\x00", 3), kBits));
  CHECK_FALSE(asn1_in(std::string("\x03\x00", 2), kBits));
  CHECK_FALSE(asn1_in(std::string("\x04\x02\x09\xff", 4), kBits));  // an octet string
}

TEST_CASE("asn1: a number of more digits than a buffer has") {
  CHECK(asn1_in(long_element('\x09', 257, "\x03" + std::string(256, '1')), kLongNumber));
  CHECK_FALSE(asn1_in(long_element('\x09', 256, "\x03" + std::string(255, '1')), kLongNumber));
  CHECK_FALSE(asn1_in(long_element('\x09', 257, "\x80" + std::string(256, '1')), kLongNumber));  // binary
}

TEST_CASE("asn1: a length is what it says, whether or not so much is there") {
  CHECK(asn1_in(long_element('\x04', 2049, "short"), longer_than(2048)));
  CHECK_FALSE(asn1_in(long_element('\x04', 2048, std::string(2048, 'x')), longer_than(2048)));
  CHECK(asn1_in(std::string("\x04\x84\xff\xff\xff\xff", 6), longer_than(1U << 31U)));
}

TEST_CASE("asn1: elements inside others and behind them are looked at, up to a limit") {
  const std::string bad("\x03\x02\x09\xff", 4), good("\x04\x01x", 3);
  CHECK(asn1_in(std::string("\x30\x04", 2) + bad, kBits));
  CHECK(asn1_in(good + good + bad, kBits));
  std::string many;
  for (unsigned i = 1; i < kMaxAsn1Elements; ++i) many += good;
  CHECK(asn1_in(many + bad, kBits));
  CHECK_FALSE(asn1_in(many + good + bad, kBits));
}

TEST_CASE("asn1: what is cut short, or no ASN.1, matches nothing") {
  const std::string bad("\x30\x04\x03\x02\x09\xff", 6);
  for (std::size_t n = 0; n < bad.size() - 1; ++n)
    CHECK_FALSE(asn1_in(std::string_view(bad).substr(0, n), kBits));
  CHECK_FALSE(asn1_in("GET / HTTP/1.1", kBits));
  CHECK_FALSE(asn1_in("\x04\x80\x00\x00", longer_than(0)));  // a length that is not said
}
