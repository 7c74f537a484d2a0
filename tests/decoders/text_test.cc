#include "decoders/text.h"

#include <doctest/doctest.h>

using namespace weir;

TEST_CASE("text: blanks at the ends go, those inside stay") {
  CHECK(trim(" \t\r\n\f\v a b\v\f\n\r\t ") == "a b");
  CHECK(trim(" \t ").empty());
  CHECK(trim_left(" a ") == "a ");
  CHECK(trim_right(" a ") == " a");
  CHECK(trim(std::string_view("\0 a", 3)) == std::string_view("\0 a", 3));
  CHECK_FALSE(is_blank('\x0e'));
  CHECK_FALSE(is_blank('\x08'));
  CHECK_FALSE(is_blank('\xa0'));
}

TEST_CASE("text: words and parts") {
  std::string_view rest = "a,b,,c";
  CHECK(cut(rest, ',') == "a");
  CHECK(cut(rest, ',') == "b");
  CHECK(cut(rest, ',').empty());
  CHECK(cut(rest, ',') == "c");
  CHECK(rest.empty());
  rest = "  bytes  4 , x ";
  CHECK(take_word(rest) == "bytes");
  CHECK(rest == "4 , x");
  CHECK(split(" a , b,", ',') == std::vector<std::string_view>{"a", "b", ""});
  CHECK(split("  ", ',').empty());
}

TEST_CASE("text: a number is the whole text and fits") {
  CHECK(parse_number<std::uint8_t>("255") == 255);
  for (const char* bad : {"", "256", "-1", "+1", " 1", "1 ", "0x10", "1.0"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_number<std::uint8_t>(bad));
  }
  CHECK(parse_number<unsigned>("0640", 8) == 416);
  CHECK_FALSE(parse_number<unsigned>("0680", 8));
  CHECK(parse_unsigned("0x1F") == 31);
  CHECK(parse_unsigned("18446744073709551615") == UINT64_MAX);
  CHECK_FALSE(parse_unsigned("18446744073709551616"));
  CHECK_FALSE(parse_unsigned("0x"));
  CHECK(parse_signed("-0x10") == -16);
  CHECK(parse_signed("+7") == 7);
  CHECK_FALSE(parse_signed("--7"));
  CHECK_FALSE(parse_signed("9223372036854775808"));
}

TEST_CASE("text: case is ASCII's alone") {
  CHECK(lower_case("AZaz[@\xc4") == "azaz[@\xc4");
  CHECK(to_lower(std::uint8_t{'Q'}) == 'q');
  CHECK(equals_nocase("Host", "hOST"));
  CHECK_FALSE(equals_nocase("Host", "Hos"));
  CHECK_FALSE(equals_nocase("[", "{"));  // 0x20 apart, but no letters
  CHECK(contains_nocase("Transfer: CHUN\0KED;", "chun"));
  CHECK(contains_nocase(std::string_view("CHUN\0KED", 8), "chunked"));
  CHECK(contains_nocase("ababc", "abc"));
  CHECK_FALSE(contains_nocase("chunke", "chunked"));
}

TEST_CASE("text: hexadecimal both ways") {
  CHECK(hex_digit('0') == 0);
  CHECK(hex_digit('f') == 15);
  CHECK(hex_digit('F') == 15);
  for (const char bad : {'g', 'G', '/', ':', '@', '`', '\x10', ' '}) {
    CAPTURE(bad);
    CHECK(hex_digit(bad) == -1);
  }
  CHECK(parse_hex("00fFA1") == std::string("\0\xff\xa1", 3));
  CHECK_FALSE(parse_hex("0"));
  CHECK_FALSE(parse_hex("0g"));
  std::string out;
  append_hex(out, 0x0a);
  append_hex(out, 0xf0, kUpperHexDigits);
  CHECK(out == "0aF0");
  char digits[2];
  CHECK(put_hex(digits, 0x5c) == digits + 2);
  CHECK(std::string_view(digits, 2) == "5c");
}

TEST_CASE("text: how far two words are apart") {
  CHECK(edit_distance("stream", "stream") == 0);
  CHECK(edit_distance("midstrem", "midstream") == 1);
  CHECK(edit_distance("htp", "http") == 1);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}
