#include "rules/language/uint_match.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace weir;
using namespace weir::rules;

TEST_CASE("integer conditions match what they say") {
  struct Row {
    const char* text;
    std::vector<std::uint64_t> yes, no;
  };
  const std::vector<Row> rows = {
      {"20", {20}, {19, 21}},
      {"=0x13", {19}, {18}},
      {"==5", {5}, {4}},
      {"!0x14", {19, 21}, {20}},
      {"!=20", {0}, {20}},
      {" > 21 ", {22, 255}, {21, 0}},
      {">=21", {21}, {20}},
      {"<22", {0, 21}, {22}},
      {"<=22", {22}, {23}},
      {"19-22", {20, 21}, {19, 22}},
      {"19<>22", {20, 21}, {19, 22}},
      {"!19-22", {19, 22, 0, 255}, {20, 21}},
      {"&0xc0=0x80", {0x80, 0xbf}, {0xc0, 0}},
      {"&0xc0!=0", {0x40, 0xff}, {0x3f}},
      {"&0xc0 = 0x80", {0x80}, {0}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto match = UintMatch::parse(row.text, 255);
    REQUIRE(match.has_value());
    for (const auto v : row.yes) CHECK(match->matches(v));
    for (const auto v : row.no) CHECK_FALSE(match->matches(v));
  }
}

TEST_CASE("integer conditions that cannot be met or read are refused") {
  for (const char* text : {"", "x", "256", ">255", "<0", "5-5", "5-6", "6-5", "&0xc0", "&0xc0=1", "!<5",
                           "1 2", "-1", "=", "0x", "10<>", "<>5", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(UintMatch::parse(text, 255).has_value());
  }
}

TEST_CASE("numbers take units and names") {
  CHECK(parse_uint("2kb") == 2048);
  CHECK(parse_uint("2 KiB") == 2048);
  CHECK(parse_uint("1MB") == 1048576);
  CHECK(parse_uint("1gib") == 1073741824);
  CHECK_FALSE(parse_uint("kb").has_value());
  CHECK_FALSE(parse_uint("99999999999gb").has_value());
  static constexpr std::array<NumberName, 2> kNames{{{9, "ping"}, {1, "text"}}};
  const auto match = UintMatch::parse("!ping", 15, kNames);
  REQUIRE(match.has_value());
  CHECK_FALSE(match->matches(9));
  CHECK(match->matches(1));
}

TEST_CASE("bounds are as narrow as the condition, and growing values know when they are sure") {
  CHECK(UintMatch::parse(">8", 100)->bounds() == std::pair<std::uint64_t, std::uint64_t>{9, 100});
  CHECK(UintMatch::parse("8<>20", 100)->bounds() == std::pair<std::uint64_t, std::uint64_t>{9, 19});
  CHECK(UintMatch::parse("!8", 100)->bounds() == std::pair<std::uint64_t, std::uint64_t>{0, 100});
  CHECK(UintMatch::parse(">8", UINT64_MAX)->holds_for_all_above(9));
  CHECK_FALSE(UintMatch::parse(">8", UINT64_MAX)->holds_for_all_above(8));
  CHECK_FALSE(UintMatch::parse("9", UINT64_MAX)->holds_for_all_above(9));
}

TEST_CASE("integer conditions on bits by name: a list, and what its sign means") {
  static constexpr NumberName kBits[] = {{0x80, "fin"}, {0x40, "comp"}, {0x01, "urgent"}};
  struct Row {
    const char* text;
    std::vector<std::uint64_t> yes, no;
  };
  const std::vector<Row> rows = {
      {"fin", {0x80, 0xff}, {0x40, 0}},
      {"fin,!comp", {0x80, 0xbf}, {0xc0, 0x40, 0}},
      {"!comp", {0, 0x80}, {0x40, 0xc0}},
      {"+FIN,comp", {0xc0, 0xff}, {0x80}},
      {"=fin", {0x80}, {0x81, 0}},
      {"*fin,comp", {0x80, 0x40, 0xff}, {0x01, 0}},
      {"*fin,!comp", {0x80, 0, 0xc0}, {0x40}},
      {"-fin,comp", {0x80, 0x40, 0}, {0xc0, 0xff}},
      {"&0xc0=0x80", {0x80}, {0xc0}},
      {"0x80", {0x80}, {0x81}},
      {"!128", {0}, {0x80}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto match = UintMatch::parse_bits(row.text, 255, kBits);
    REQUIRE(match.has_value());
    for (const auto v : row.yes) CHECK(match->matches(v));
    for (const auto v : row.no) CHECK_FALSE(match->matches(v));
  }
  for (const char* bad : {"", "+", "fun", "fin,", "fin,fun", "&fin=1"}) {
    CAPTURE(bad);
    CHECK_FALSE(UintMatch::parse_bits(bad, 255, kBits).has_value());
  }
}
