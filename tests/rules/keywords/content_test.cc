// content, its modifiers, and the keywords that read numbers in a buffer.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rules/language/content_text.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;
using test::with_options;

namespace {
template <class T>
T first(const test::One& one) {
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  return std::get<T>(one.signature->payload.at(0));
}
void check_all(std::initializer_list<const char*> texts, bool good) {
  for (const char* text : texts) {
    CAPTURE(text);
    const auto one = with_options(text);
    CHECK_MESSAGE((one.signature != nullptr) == good, one.error);
  }
}
}  // namespace

TEST_CASE("patterns are text, hexadecimal and escapes") {
  struct Row {
    const char* text;
    std::vector<std::uint8_t> bytes;
  };
  const std::vector<Row> rows = {
      {"abc", {'a', 'b', 'c'}},
      {"|41 42|c", {0x41, 0x42, 'c'}},
      {"a|0d0A|b|00|", {'a', 13, 10, 'b', 0}},
      {R"(\;\"\\\:)", {';', '"', '\\', ':'}},
      {"http://", {'h', 't', 't', 'p', ':', '/', '/'}},
      {"| 41 |", {0x41}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto got = parse_pattern(row.text);
    REQUIRE(got.has_value());
    CHECK(*got == row.bytes);
  }
  for (const char* bad : {"", "||", "|4", "|22 2 22|", "|4g|", "|41", "a\"b", "a\\n", "a\\"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_pattern(bad).has_value());
  }
  CHECK_FALSE(parse_pattern(std::string(kMaxContentBytes + 1, 'a')).has_value());
}

TEST_CASE("content and its modifiers") {
  const auto c = first<Content>(with_options("content:! \"AbC\"; nocase; offset:1; depth:9;"));
  CHECK(c.negated);
  CHECK(c.nocase);
  CHECK(c.pattern == std::vector<std::uint8_t>{'a', 'b', 'c'});
  check_all({"content:\"a\";", "content: \"a\"; rawbytes;", "content:\"a\"; distance:-5; within:0x10;",
             "content:\"a\"; replace:\"b\";", "content:\"a\"; endswith;", "content:\"a\"; fast_pattern:only;",
             "byte_extract:1,0,v; content:\"a\"; offset:v; depth:v;",
             "byte_extract:1,0,v; content:\"a\"; distance:v; within:v;"},
            true);
  check_all({"content:abc;", "content:\"a;", "content:\"\";", "content;", "content:\"a\"; offset:65536;",
             "content:\"a\"; offset:-1;", "content:\"a\"; offset:x;", "content:\"a\"; depth:1; depth:1;",
             "content:\"a\"; distance:1048577;", "content:\"a\"; within:0;", "content:\"a\"; within:-3;",
             "content:\"a\"; startswith; startswith;", "content:\"a\"; fast_pattern:1;",
             "content:\"a\"; fast_pattern:0,0;", "content:\"ab\"; replace:\"b\";",
             "content:!\"a\"; replace:\"b\";", "content:\"a\"; startswith:x;"},
            false);
}

TEST_CASE("isdataat, and its spelling of endswith") {
  const auto op = first<IsDataAt>(with_options("isdataat:!10,relative,rawbytes;"));
  CHECK(op.negated);
  CHECK(op.relative);
  CHECK(op.at.value == 10);
  CHECK(first<Content>(with_options("content:\"a\"; isdataat:!1,relative;")).ends_with);
  CHECK(with_options("content:\"a\"; isdataat:1,relative;").signature->payload.size() == 2);
  check_all({"isdataat:;", "isdataat:x;", "isdataat:1,sideways;", "isdataat:65536;", "isdataat:-1;"}, false);
}

TEST_CASE("byte_test") {
  const auto t = first<ByteTest>(with_options("byte_test:4,!>=,0x10,-2,relative,little,bitmask 0xf0;"));
  CHECK(t.read.count.value == 4);
  CHECK(t.negated);
  CHECK(t.op == Compare::greater_equal);
  CHECK(t.value.value == 16);
  CHECK(t.read.offset.value == -2);
  CHECK(t.read.relative);
  CHECK(t.read.little);
  CHECK(t.read.bitmask == 0xf0);
  CHECK(t.read.bitmask_shift == 4);
  CHECK(first<ByteTest>(with_options("byte_test:4,=,1,0,string,hex;")).read.base == NumberBase::hexadecimal);
  CHECK(first<ByteTest>(with_options("byte_test:0,>,1,0,string,dec;")).read.count.value == 0);
  CHECK(first<ByteTest>(with_options("byte_test:4,=,1,0,string;")).read.base == NumberBase::decimal);
  CHECK(first<ByteTest>(with_options("byte_test:4,=,1,0,dce;")).read.dce);
  check_all({"byte_test:1,!=,1,0;", "byte_test:1,&,1,0;", "byte_test:1,!&,1,0;", "byte_test:1,^,1,0;",
             "byte_test:1, !, 1, 0;"},
            true);
  check_all(
      {"byte_test:0,=,1,0;", "byte_test:9,=,1,0;", "byte_test:24,=,1,0,string,dec;", "byte_test:1,~,1,0;",
       "byte_test:1,=,1;", "byte_test:1,=,1,0,sideways;", "byte_test:1,=,x,0;", "byte_test:1,=,4294967296,0;",
       "byte_test:1,=,1,2147483648;", "byte_test:2,=,1,0,string,dec,little;", "byte_test:1,=,1,0,bitmask 0;"},
      false);
}

TEST_CASE("byte_jump") {
  const auto j = first<ByteJump>(
      with_options("byte_jump:2,1,relative,multiplier 3,align,post_offset -4,from_beginning;"));
  CHECK(j.read.count.value == 2);
  CHECK(j.multiplier == 3);
  CHECK(j.align);
  CHECK(j.post_offset.value == -4);
  CHECK(j.from_beginning);
  check_all({"byte_jump:0,0,from_end,post_offset -8;", "byte_jump:4,0,string,dec;"}, true);
  check_all({"byte_jump:4;", "byte_jump:4,0,from_end,from_beginning;", "byte_jump:9,0;",
             "byte_jump:4,0,multiplier 0;", "byte_jump:4,0,result x;"},
            false);
}

TEST_CASE("byte_extract and byte_math make variables") {
  const auto e =
      first<ByteExtract>(with_options("byte_extract:3,2,len,relative,multiplier 2,align 4,little;"));
  CHECK(e.multiplier == 2);
  CHECK(e.align == 4);
  CHECK(e.var == 0);
  const auto math = with_options(
      "byte_extract: 1, 0, v, relative; byte_math: bytes 1, offset 0, oper -, rvalue v, result w; byte_test: "
      "1,>, w, 0;");
  REQUIRE_MESSAGE(math.signature != nullptr, math.error);
  const auto& m = std::get<ByteMath>(math.signature->payload[1]);
  CHECK(m.op == MathOp::subtract);
  CHECK(m.operand.var == 0);
  CHECK(m.var == 1);
  check_all({"byte_math:bytes 4,offset 0,oper <<,rvalue 2,result r,endian little;",
             "byte_math:result r,rvalue 0x10,oper +,offset 0,bytes 4,string hex,bitmask 0xff,relative;"},
            true);
  check_all({"byte_extract:1,0;", "byte_extract:0,0,v;", "byte_extract:9,0,v;", "byte_extract:1,0,9v;",
             "byte_extract:1,0,v,align 3;", "byte_math:bytes 4,offset 0,oper +,rvalue 1;",
             "byte_math:bytes 4,offset 0,oper /,rvalue 0,result r;",
             "byte_math:bytes 4,offset 0,oper %,rvalue 1,result r;",
             "byte_math:bytes 4,offset 0,oper +,rvalue x,result r;"},
            false);
}

TEST_CASE("base64_decode and base64_data") {
  const auto one = with_options(
      "content:\"a\"; base64_decode:bytes 12,offset 3,relative; base64_data; content:\"b\"; bsize:>2;");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  const auto& d = std::get<Base64Decode>(one.signature->payload[1]);
  CHECK(d.bytes == 12);
  CHECK(d.offset == 3);
  CHECK(d.relative);
  CHECK(std::holds_alternative<Base64Data>(one.signature->payload[2]));
  check_all({"base64_decode; base64_data; content:\"a\";",
             "http.request_body; to_lowercase; base64_decode; base64_data; content:\"a\";",
             "http.request_body; base64_decode; base64_data; content:\"a\"; http.uri; to_lowercase; "
             "content:\"a\";"},
            true);
  check_all({"base64_data; content:\"a\";", "base64_decode:bytes 0;", "base64_decode:size 3;",
             "base64_decode:offset x;",
             "http.request_body; base64_decode; base64_data; to_lowercase; content:\"a\";"},
            false);
}

TEST_CASE("dsize, bsize and entropy") {
  const auto one = with_options("dsize:8<>20;");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  CHECK(one.signature->dsize == std::pair<std::uint16_t, std::uint16_t>{9, 19});
  CHECK(one.signature->payload_needs_packet);
  check_all({"dsize:65536;", "dsize:5; dsize:6;", "dsize:x;", "content:\"a\"; entropy:9;",
             "entropy:bytes x,value 1;", "entropy:value 1, value 2;"},
            false);
  const auto entropy = with_options("entropy:bytes 4, offset 1, value >= 1.9;");
  REQUIRE_MESSAGE(entropy.signature != nullptr, entropy.error);
  const auto& check = *std::get<BufferCheckOp>(entropy.signature->payload[0]).check;
  CHECK(check.matches({test::bytes_of("xabcd")}));
  CHECK_FALSE(check.matches({test::bytes_of("xaaaa")}));
  CHECK_FALSE(check.matches({test::bytes_of("x")}));
}

TEST_CASE("bsize waits for the end of a body unless more bytes cannot change the answer") {
  const auto one = test::http_with("http.request_body; bsize:>10;");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  const auto& more = *std::get<BufferCheckOp>(one.signature->buffers[0].chain[0]).check;
  CHECK(more.matches({test::bytes_of("abc"), 8, false}));
  CHECK_FALSE(more.matches({test::bytes_of("abc"), 7, false}));
  const auto exact = test::http_with("http.request_body; bsize:3;");
  const auto& three = *std::get<BufferCheckOp>(exact.signature->buffers[0].chain[0]).check;
  CHECK(three.matches({test::bytes_of("abc"), 0, true}));
  CHECK_FALSE(three.matches({test::bytes_of("abc"), 0, false}));
}

TEST_CASE("asn1 names its checks and where it looks, in both spellings") {
  const auto op = first<Asn1Check>(
      with_options("asn1:double_overflow, bitstring_overflow, relative_offset 54, oversize_length 2048;"));
  CHECK(op.double_overflow);
  CHECK(op.bitstring_overflow);
  CHECK(op.compares_length);
  CHECK(op.oversize == 2048);
  CHECK(op.relative);
  CHECK(op.offset == 54);
  CHECK(first<Asn1Check>(with_options("asn1:oversize_length,1024,relative_offset,-1;")).offset == -1);
  CHECK_FALSE(first<Asn1Check>(with_options("asn1:bitstring_overflow, absolute_offset 3;")).relative);
  const auto last =
      first<Asn1Check>(with_options("asn1:bitstring_overflow, relative_offset 5, absolute_offset 3;"));
  CHECK_FALSE(last.relative);
  CHECK(last.offset == 3);
  check_all({"asn1:absolute_offset 0;", "asn1:oversize_length;", "asn1:oversize_length -1;",
             "asn1:absolute_offset -1;", "asn1:bitstring_overflow 3;", "asn1:other;",
             "asn1:oversize_length 70000, relative_offset 65536;"},
            false);
}
