#include "rules/match/chain.h"

#include <doctest/doctest.h>

#include <string_view>

using namespace weir;
using namespace weir::rules;

namespace {

Bytes bytes(std::string_view s) { return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}; }

Content content(std::string_view text) {
  Content c;
  c.pattern.assign(text.begin(), text.end());
  return c;
}
Content distance(Content c, std::int64_t n) {
  c.has_distance = true;
  c.distance.value = n;
  return c;
}
Content within(Content c, std::int64_t n) {
  c.has_within = true;
  c.within.value = n;
  return c;
}
Content offset(Content c, std::int64_t n) {
  c.has_offset = true;
  c.offset.value = n;
  return c;
}
Content depth(Content c, std::int64_t n) {
  c.has_depth = true;
  c.depth.value = n;
  return c;
}
Content negated(Content c) {
  c.negated = true;
  return c;
}
Content nocase(Content c) {
  c.nocase = true;
  return c;
}
ByteRead number_at(std::int64_t count, std::int64_t at, bool relative) {
  ByteRead r;
  r.count.value = count;
  r.offset.value = at;
  r.relative = relative;
  return r;
}

bool matches(const BufferChain& ops, std::string_view data, std::uint64_t position = 0, bool complete = true) {
  ChainScratch scratch;
  return Chain(ops).matches({bytes(data), position, complete}, scratch);
}

}  // namespace

TEST_CASE("chain: a content is found where offset and depth allow it") {
  CHECK(matches({content("abc")}, "xxabcxx"));
  CHECK(matches({nocase(content("abc"))}, "xxAbCxx"));
  CHECK_FALSE(matches({content("abc")}, "xxAbCxx"));
  CHECK(matches({depth(offset(content("abc"), 2), 3)}, "xxabcxx"));
  CHECK_FALSE(matches({depth(offset(content("abc"), 3), 3)}, "xxabcxx"));
  CHECK_FALSE(matches({depth(content("abc"), 4)}, "xxabcxx"));
  CHECK_FALSE(matches({content("abc")}, "ab"));
}

TEST_CASE("chain: depth and offset count from the start of the stream, not of the window") {
  CHECK_FALSE(matches({depth(content("abc"), 5)}, "xxabcxx", 100));
  CHECK(matches({depth(content("abc"), 105)}, "xxabcxx", 100));
  CHECK(matches({offset(content("abc"), 102)}, "xxabcxx", 100));
  CHECK_FALSE(matches({offset(content("abc"), 103)}, "xxabcxx", 100));
}

TEST_CASE("chain: a relative content tries further places of the one before it") {
  const BufferChain near = {content("a"), within(distance(content("b"), 0), 1)};
  CHECK(matches(near, "a.a.ab"));
  CHECK_FALSE(matches(near, "a.a.a.b"));
  const BufferChain three = {content("a"), within(distance(content("b"), 1), 1), within(distance(content("c"), 1), 1)};
  CHECK(matches(three, "axbxxaxbxc"));
  CHECK_FALSE(matches(three, "axbxxaxbxxc"));
  CHECK(matches({content("cd"), distance(content("ab"), -4)}, "abcd"));
}

TEST_CASE("chain: a negated content holds when it is absent from its window") {
  CHECK(matches({content("a"), within(negated(content("b")), 2)}, "a..b"));
  CHECK_FALSE(matches({content("a"), within(negated(content("b")), 3)}, "a..b"));
  CHECK(matches({negated(content("zz"))}, "abc"));
  CHECK(matches({negated(content("zzzzzzzz"))}, "abc"));
}

TEST_CASE("chain: startswith and endswith hold at the ends only, and endswith only when nothing follows") {
  Content start = content("ab"), end = content("yz");
  start.starts_with = end.ends_with = true;
  CHECK(matches({start, end}, "ab.yz"));
  CHECK_FALSE(matches({start}, ".ab"));
  CHECK_FALSE(matches({start}, "ab", 10));
  CHECK_FALSE(matches({end}, "yz."));
  CHECK(matches({end}, "yzyz"));
  CHECK_FALSE(matches({end}, "yz", 0, false));
}

TEST_CASE("chain: byte_test reads binary and text numbers and stays inside the data") {
  using namespace std::string_view_literals;
  ByteTest t;
  t.read = number_at(2, 1, false);
  t.value.value = 0x0102;
  CHECK(matches({t}, "\x09\x01\x02"sv));
  t.read.little = true;
  CHECK_FALSE(matches({t}, "\x09\x01\x02"sv));
  CHECK_FALSE(matches({t}, "\x09\x01"sv));
  ByteTest text;
  text.read = number_at(3, 0, true);
  text.read.base = NumberBase::decimal;
  text.op = Compare::greater;
  text.value.value = 120;
  CHECK(matches({content("len="), text}, "len=123;"));
  CHECK_FALSE(matches({content("len="), text}, "len=119;"));
  CHECK_FALSE(matches({content("len="), text}, "len="));
  text.read.offset.value = -100;
  CHECK_FALSE(matches({content("len="), text}, "len=123;"));
}

TEST_CASE("chain: a number in the byte order of what carries it") {
  using namespace std::string_view_literals;
  ByteTest t;
  t.read = number_at(2, 0, false);
  t.read.dce = true;
  t.value.value = 0x0102;
  ChainScratch scratch;
  const BufferChain ops{t};
  for (const bool little : {true, false}) {
    const ChainInput in{.data = bytes(little ? "\x02\x01"sv : "\x01\x02"sv), .little_endian = little};
    CHECK(Chain(ops).matches(in, scratch));
    CHECK_FALSE(Chain(ops).matches({.data = in.data, .little_endian = !little}, scratch));
  }
}

TEST_CASE("chain: byte_jump moves the position and does not leave the data") {
  using namespace std::string_view_literals;
  ByteJump jump;
  jump.read = number_at(1, 0, false);
  const BufferChain ops = {jump, within(distance(content("X"), 0), 1)};
  CHECK(matches(ops, "\x02..X"sv));
  CHECK_FALSE(matches(ops, "\x01..X"sv));
  CHECK_FALSE(matches(ops, "\xff..X"sv));
  ByteJump back = jump;  // to before the start: it stops there
  back.read.relative = true;
  back.read.count.value = 0;
  back.post_offset.value = -9;
  CHECK(matches({content("ab"), back, within(distance(content("X"), 0), 1)}, "Xab"sv));
  CHECK_FALSE(matches({content("ab"), back, within(distance(content("X"), 0), 1)}, ".Xab"sv));
}

TEST_CASE("chain: byte_extract feeds later operations") {
  using namespace std::string_view_literals;
  ByteExtract extract;
  extract.read = number_at(1, 0, false);
  extract.var = 0;
  Content c = content("X");
  c.has_offset = c.has_depth = true;
  c.offset.var = 0;
  c.depth.value = 1;
  CHECK(matches({extract, c}, "\x03..X"sv));
  CHECK_FALSE(matches({extract, c}, "\x02..X"sv));
}

TEST_CASE("chain: isdataat looks ahead of the position") {
  IsDataAt at;
  at.at.value = 2;
  at.relative = true;
  CHECK(matches({content("ab"), at}, "ab12"));
  CHECK_FALSE(matches({content("ab"), at}, "ab1"));
  at.negated = true;
  CHECK(matches({content("ab"), at}, "ab1"));
  IsDataAt absolute;
  absolute.at.value = 3;
  CHECK(matches({absolute}, "1234"));
  CHECK_FALSE(matches({absolute}, "123"));
}

TEST_CASE("chain: what follows base64_data looks at the decoded bytes") {
  Base64Decode decode;
  decode.relative = true;
  const BufferChain ops = {content("auth "), decode, Base64Data{}, depth(content("user:pass"), 9)};
  CHECK(matches(ops, "auth dXNlcjpwYXNz=="));
  CHECK_FALSE(matches(ops, "auth eHVzZXI6cGFzcw=="));
  CHECK_FALSE(matches(ops, "auth "));
}

TEST_CASE("chain: evaluation ends when its fuel is used up") {
  BufferChain ops;
  for (int i = 0; i < 12; ++i) ops.emplace_back(distance(content("a"), 0));
  ops.emplace_back(distance(content("b"), 0));
  ChainScratch scratch;
  const std::string many(5000, 'a');
  CHECK_FALSE(Chain(ops).matches({bytes(many)}, scratch));
  CHECK(scratch.fuel_exhausted == 1);
}

TEST_CASE("chain: asn1 looks behind a match, or at a position of the buffer") {
  Asn1Check check{.bitstring_overflow = true, .offset = 1, .relative = true};
  const std::string data = std::string("xxabc.") + std::string("\x03\x02\x09\xff", 4);
  CHECK(matches({content("abc"), check}, data));
  CHECK_FALSE(matches({content("xx"), check}, data));
  check.relative = false;
  check.offset = 6;
  CHECK(matches({content("xx"), check}, data));
  check.offset = 10;
  CHECK_FALSE(matches({check}, data));
  check.relative = true;
  check.offset = -3;
  CHECK_FALSE(matches({content("xx"), check}, data));
}
