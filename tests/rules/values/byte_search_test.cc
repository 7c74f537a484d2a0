#include "rules/values/byte_search.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "decoders/text.h"

using namespace weir;
using namespace weir::rules;

TEST_CASE("byte search: agrees with a plain search for random needles in random text") {
  std::mt19937 random(7);
  for (int round = 0; round < 4000; ++round) {
    CAPTURE(round);
    const bool nocase = round % 2 == 0;
    const auto letter = [&] { return static_cast<std::uint8_t>("abAB@[`{"[random() % 8]); };
    std::vector<std::uint8_t> text, needle;
    for (std::size_t n = random() % 200; n > 0; --n) text.push_back(letter());
    for (std::size_t n = 1 + random() % 4; n > 0; --n) needle.push_back(nocase ? to_lower(letter()) : letter());
    const auto same = [&](std::uint8_t a, std::uint8_t b) { return nocase ? to_lower(a) == b : a == b; };
    const auto expected = std::search(text.begin(), text.end(), needle.begin(), needle.end(), same);
    const auto got = find_bytes(text, needle, nocase);
    REQUIRE(got.has_value() == (expected != text.end()));
    if (got) CHECK(*got == static_cast<std::size_t>(expected - text.begin()));
  }
}

TEST_CASE("byte search: a needle at a position must fit") {
  const std::vector<std::uint8_t> text{'a', 'B', 'c'}, needle{'b', 'c'};
  CHECK(bytes_at(text, 1, needle, true));
  CHECK_FALSE(bytes_at(text, 1, needle, false));
  CHECK_FALSE(bytes_at(text, 2, needle, true));
  CHECK_FALSE(bytes_at(text, SIZE_MAX, needle, true));
}
