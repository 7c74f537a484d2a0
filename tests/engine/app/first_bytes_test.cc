#include "engine/app/first_bytes.h"

#include <doctest/doctest.h>

#include <set>

using namespace weir;
using namespace weir::engine;

namespace {

constexpr ProbePattern kHello{.bytes = "Hello"};
constexpr ProbePattern kAnyCase{.bytes = "quit", .nocase = true};
constexpr ProbePattern kDigits{.bytes = "42", .offset = 2, .depth = 6};  // may begin at 2, 3 and 4
constexpr ProbePattern kNotALetter{.bytes = "@at", .nocase = true};
constexpr ProbePattern kHighByte{.bytes = "\xff\xfe", .offset = 1};
constexpr ProbePattern kBeginning{.bytes = "He"};

std::set<std::size_t> found(std::string_view text) {
  FirstBytes patterns;
  // Numbers on both sides of a word's border.
  const std::pair<ProbePattern, std::size_t> all[] = {{kHello, 0},       {kAnyCase, 63},   {kDigits, 64},
                                                      {kNotALetter, 65}, {kHighByte, 128}, {kBeginning, 511}};
  for (const auto& [pattern, number] : all) patterns.add(pattern, number);
  patterns.build();
  FirstBytes::Hits hits{};
  patterns.find({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, hits);
  std::set<std::size_t> out;
  for (std::size_t i = 0; i < FirstBytes::kMaxPatterns; ++i)
    if ((hits[i / 64] >> (i % 64) & 1U) != 0) out.insert(i);
  return out;
}

}  // namespace

TEST_CASE("first bytes: a pattern is found at its places only, and only whole") {
  using Numbers = std::set<std::size_t>;
  CHECK(found("Hello, world") == Numbers{0, 511});
  CHECK(found("Hello") == Numbers{0, 511});
  CHECK(found("Hell") == Numbers{511});
  CHECK(found("H").empty());
  CHECK(found("").empty());
  CHECK(found(" Hello").empty());
  CHECK(found("hello").empty());
  CHECK(found("a42bcdef").empty());
  CHECK(found("ab42cdef") == Numbers{64});
  CHECK(found("abcd42ef") == Numbers{64});
  CHECK(found("abcde42f").empty());
  CHECK(found("abcd4").empty());
  CHECK(found("x\xff\xfe") == Numbers{128});
}

TEST_CASE("first bytes: letters without case match either, other bytes only themselves") {
  for (const char* text : {"quit", "QUIT", "qUiT", "Quit"}) CHECK(found(text) == std::set<std::size_t>{63});
  CHECK(found("@AT") == std::set<std::size_t>{65});
  CHECK(found("`AT").empty());  // differs from '@' by the bit that tells cases apart
}

TEST_CASE("first bytes: without patterns there is nothing to find and nothing to wait for") {
  FirstBytes none;
  none.build();
  FirstBytes::Hits hits{};
  const std::uint8_t data[] = {1, 2, 3};
  none.find(data, hits);
  CHECK(hits == FirstBytes::Hits{});
  CHECK(none.reach() == 0);
}
