#include "decoders/app/mime/header.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace weir;
using namespace weir::mime;

namespace {

std::string parameter_of(std::string_view value, std::string_view name) {
  const auto found = parameter(value, name);
  return found ? std::string(*found) : "(none)";
}

std::vector<std::string> addresses(std::string_view list) {
  std::vector<std::string> out;
  while (const auto address = next_address(list)) out.emplace_back(*address);
  return out;
}

}  // namespace

TEST_CASE("mime header: a field is a name, a colon and a value") {
  const auto field = split_field("Subject :  a: b ");
  REQUIRE(field);
  CHECK(field->name == "Subject");
  CHECK(field->value == "a: b");
  CHECK(split_field("X:")->value.empty());
  CHECK_FALSE(split_field("no field"));
}

TEST_CASE("mime header: a type with parameters") {
  CHECK(main_value(" text/plain ; charset=x") == "text/plain");
  CHECK(main_value("(a (b\\)) c) (d) base64 (e; f)") == "base64");
  for (const char* nothing : {"", "(", "(a", "(a\\", "()", "(a);b"}) {
    CAPTURE(nothing);
    CHECK(main_value(nothing).empty());
  }
  CHECK(is_type("TEXT/HTML; a=b", "text/html"));
  CHECK(is_type("Multipart/Mixed", "multipart/"));
  CHECK_FALSE(is_type("text/htmlx", "text/html"));
}

TEST_CASE("mime header: parameters in quotes, without them, in sections and in other character sets") {
  struct Row {
    const char *value, *expected;
  };
  for (const Row& row : {
           Row{"a; name=b.txt", "b.txt"},
           Row{"a; name=no quotes.txt; x=y", "no quotes.txt"},
           Row{"a; x=\"name=no\"; NAME = \"b; c.txt\" ; z", "b; c.txt"},
           Row{"a; name=\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d"},
           Row{"a; name=\"never ends", "never ends"},
           Row{"a; name=one; name=two", "one"},
           Row{"a; name*=utf-8''%41%c3%a4.exe", "A\xc3\xa4.exe"},
           Row{"a; name*=iso-8859-1'de'%e4.exe", "\xc3\xa4.exe"},
           Row{"a; name*=windows-1252''%80", "\xe2\x82\xac"},
           Row{"a; name*1=ef; name*0=abcd", "abcdef"},
           Row{"a; name*0*=utf-8''%41; name*1=\"%42\"; name*2*=%43", "A%42C"},
           Row{"a; name=old; name*=''new", "new"},
           Row{"a; name*0=a; name*2=c", "a"},  // one is missing
           Row{"a; name*99=x", "(none)"},
           Row{"a; name=\"=?utf-8?B?w6QudHh0?=\"", "\xc3\xa4.txt"},
           Row{"a; names=x", "(none)"},
           Row{"name=x", "(none)"},  // the main value is none
           Row{"", "(none)"},
       }) {
    CAPTURE(row.value);
    CHECK(parameter_of(row.value, "name") == row.expected);
  }
}

TEST_CASE("mime header: encoded words, and what only looks like one") {
  struct Row {
    const char *text, *expected;
  };
  for (const Row& row : {
           Row{"plain", "plain"},
           Row{"=?utf-8?Q?a=C3=A4_b?=", "a\xc3\xa4 b"},
           Row{"=?ISO-8859-1?q?=E4?= =?utf-8?b?w6Q=?=  x", "\xc3\xa4\xc3\xa4  x"},
           Row{"a =?utf-8*en?Q?b?= c", "a b c"},
           Row{"=?utf-8?X?b?=", "=?utf-8?X?b?="},
           Row{"=?utf-8?Q?never ends", "=?utf-8?Q?never ends"},
           Row{"=?=?=?utf-8?Q?x?=", "=?=?x"},
           Row{"=?utf-8?Q?=4?=", "=4"},
       }) {
    CAPTURE(row.text);
    CHECK(decode_words(row.text) == row.expected);
  }
}

TEST_CASE("mime header: of encoded words so many are decoded") {
  std::string text;
  for (std::size_t i = 0; i < kMaxEncodedWords + 5; ++i) text += "=?a?Q?x?=";
  CHECK(decode_words(text).size() == kMaxEncodedWords + 5 * 9);
}

TEST_CASE("mime header: addresses of a list, where commas in quotes separate none") {
  CHECK(addresses("\"a, b\" <c@d>, <e@f> ,, g@h") ==
        std::vector<std::string>{"\"a, b\" <c@d>", "<e@f>", "g@h"});
  CHECK(addresses("\"never, ends <c@d>, x") == std::vector<std::string>{"\"never, ends <c@d>, x"});
  CHECK(addresses("\"a\\\", b\" c, d") == std::vector<std::string>{"\"a\\\", b\" c", "d"});
  CHECK(addresses(" , ,").empty());
}
