#include "output/json_writer.h"

#include <array>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "output/utf8.h"

using weir::Bytes;
using weir::output::JsonWriter;

namespace {

Bytes view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// What one string value becomes, quotes included.
std::string value_of(std::string_view text) {
  JsonWriter out;
  {
    const auto list = out.array();
    out.bytes_item(text);
  }
  return std::string(out.text().substr(1, out.text().size() - 2));
}

// A strict reader of one JSON string literal: true when it is well formed and valid UTF-8.
bool is_json_string(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != '"' || literal.back() != '"') return false;
  const std::string_view body = literal.substr(1, literal.size() - 2);
  if (!weir::output::is_valid_utf8(view(body))) return false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const auto byte = static_cast<unsigned char>(body[i]);
    if (byte < 0x20 || byte == '"') return false;
    if (byte != '\\') continue;
    if (++i == body.size()) return false;
    if (body[i] == 'u') {
      for (int digit = 0; digit < 4; ++digit)
        if (++i == body.size() || std::isxdigit(static_cast<unsigned char>(body[i])) == 0) return false;
    } else if (std::string_view{"\"\\/bfnrt"}.find(body[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("json writer: members, nesting and commas come out in order") {
  JsonWriter out;
  {
    const auto document = out.object();
    out.string("s", "x");
    out.number("n", std::numeric_limits<std::uint64_t>::max());
    out.signed_number("i", -5);
    out.boolean("b", false);
    out.real("r", 0.5);
    out.real("nan", std::numeric_limits<double>::quiet_NaN());
    {
      const auto list = out.array("list");
      out.number(1);
      out.string("two");
      {
        const auto inner = out.object();
        out.boolean("t", true);
      }
      const auto nested = out.array();
      out.number(3);
    }
    const auto empty = out.object("empty");
  }
  CHECK(out.text() == R"({"s":"x","n":18446744073709551615,"i":-5,"b":false,"r":0.5,"nan":null,)"
                      R"("list":[1,"two",{"t":true},[3]],"empty":{}})");
  out.clear();
  { const auto document = out.object(); }
  CHECK(out.text() == "{}");
}

TEST_CASE("json writer: text is escaped as readers of EVE expect it") {
  using namespace std::string_view_literals;
  struct Row {
    std::string_view in, out;
  };
  const std::array rows{
      Row{"", "\"\""},
      Row{"plain text, longer than a word", "\"plain text, longer than a word\""},
      Row{"quote \" and \\ backslash", R"("quote \" and \\ backslash")"},
      Row{"\b\f\n\r\t", R"("\b\f\n\r\t")"},
      Row{"\0\x01\x1f\x7f"sv, R"("\u0000\u0001\u001f\u007f")"},
      Row{"Ume\xc3\xa5 \xf0\x9f\x98\x84", "\"Ume\xc3\xa5 \xf0\x9f\x98\x84\""},
      Row{"J\xe4germeister \xc3\xa5", R"("J\\xe4germeister \\xc3\\xa5")"},  // one bad byte: none is kept
      Row{"\xc0\xaf", R"("\\xc0\\xaf")"},                                   // overlong
      Row{"\xed\xa0\x80", R"("\\xed\\xa0\\x80")"},                          // a surrogate
      Row{"\xf4\x90\x80\x80", R"("\\xf4\\x90\\x80\\x80")"},                 // above U+10FFFF
      Row{"\xe2\x82", R"("\\xe2\\x82")"},                                   // cut short
      Row{"\xff\n\\", R"("\\xff\n\\")"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.out);
    CHECK(value_of(row.in) == row.out);
  }
}

TEST_CASE("json writer: every byte at every place of a block gives valid JSON") {
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < 40; ++place) {
      std::string text(40, 'a');
      text[place] = static_cast<char>(byte);
      CAPTURE(byte);
      CAPTURE(place);
      CHECK(is_json_string(value_of(text)));
    }
  }
  std::string all(256, '\0');
  std::iota(all.begin(), all.end(), '\0');
  CHECK(is_json_string(value_of(all)));
}

TEST_CASE("json writer: text of every length is whole, and an escape at any place of it is seen") {
  const std::string alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t length = 0; length <= alphabet.size(); ++length) {
    const std::string text = alphabet.substr(0, length);
    CHECK(value_of(text) == '"' + text + '"');
    JsonWriter out;
    {
      const auto document = out.object();
      out.plain("plain", text);
    }
    CHECK(out.text() == "{\"plain\":\"" + text + "\"}");
    for (std::size_t place = 0; place < length; ++place) {
      CAPTURE(place);
      std::string quoted = text;
      quoted[place] = '"';
      const std::string expected = text.substr(0, place) + "\\\"" + text.substr(place + 1);
      CHECK(value_of(quoted) == '"' + expected + '"');
    }
  }
}

TEST_CASE("json writer: every pair of bytes gives valid JSON") {
  for (unsigned pair = 0; pair < 65536; ++pair) {
    const std::array<char, 2> text{static_cast<char>(pair >> 8U), static_cast<char>(pair & 0xffU)};
    if (!is_json_string(value_of({text.data(), text.size()}))) FAIL_CHECK(pair);
  }
}

TEST_CASE("json writer: keys are escaped too") {
  JsonWriter out;
  {
    const auto document = out.object();
    out.number(std::string_view{"a\"b\n\xff"}, 1);
    out.number("plain", 2);
  }
  CHECK(out.text() == R"({"a\"b\n\\xff":1,"plain":2})");
}

TEST_CASE("json writer: a long value is cut between characters") {
  std::string text(weir::output::kMaxValueBytes - 1, 'a');
  text += "\xc3\xa5 and more";
  const std::string literal = value_of(text);
  CHECK(literal.size() == weir::output::kMaxValueBytes - 1 + 2);
  CHECK(is_json_string(literal));
  CHECK(is_json_string(value_of(std::string(weir::output::kMaxValueBytes + 9, '\xbf'))));
}

TEST_CASE("json writer: base64 has every padding") {
  struct Row {
    std::string_view in, out;
  };
  for (const Row& row : {Row{"", ""}, Row{"f", "Zg=="}, Row{"fo", "Zm8="}, Row{"foo", "Zm9v"},
                         Row{"foob", "Zm9vYg=="}, Row{"\xff\xfe\xfd", "//79"}}) {
    JsonWriter out;
    {
      const auto document = out.object();
      out.base64("d", view(row.in));
    }
    CHECK(out.text() == "{\"d\":\"" + std::string(row.out) + "\"}");
  }
}

TEST_CASE("json writer: hex and printable forms") {
  JsonWriter out;
  {
    const auto document = out.object();
    out.hex("h", view("\x0a\xf1\x00"), ':');
    out.hex("p", view("\x0a\xf1"));
    out.printable("t", view("GET \"/\\\"\r\n\t\x01\xc3\x7f~"));
  }
  CHECK(out.text() == R"({"h":"0a:f1","p":"0af1","t":"GET \"/\\\"\r\n....~"})");
}

TEST_CASE("json writer: rolls back to a mark and drops what stayed empty") {
  JsonWriter out;
  {
    const auto document = out.object();
    const std::size_t first = out.mark();
    { const auto gone = out.object("gone"); }
    CHECK(out.drop_if_empty(first));
    out.number("kept", 1);
    const std::size_t second = out.mark();
    {
      const auto kept = out.object("o");
      const auto inner = out.array("a");
    }
    CHECK_FALSE(out.drop_if_empty(second));
    const std::size_t third = out.mark();
    out.number("undone", 2);
    out.rollback(third);
    out.number("last", 3);
  }
  CHECK(out.text() == R"({"kept":1,"o":{"a":[]},"last":3})");
}

TEST_CASE("utf-8: validity follows RFC 3629") {
  for (const std::string_view good : {"", "abcdefgh\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                      "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    CHECK(weir::output::is_valid_utf8(view(good)));
  for (const std::string_view bad :
       {"\x80", "\xc1\xbf", "\xc2", "abcdefghi\xc2g", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xfe"})
    CHECK_FALSE(weir::output::is_valid_utf8(view(bad)));
}

TEST_CASE("json writer: a document that is over its limit is cut behind what is whole, and says so") {
  const std::string item(100, 'x');
  for (std::size_t limit = JsonWriter::kLeastLimit; limit < JsonWriter::kLeastLimit + 250; ++limit) {
    CAPTURE(limit);
    JsonWriter out;
    out.limit(limit);
    {
      const auto event = out.object();
      out.string("type", "dns");
      const auto dns = out.object("dns");
      const auto list = out.array("answers");
      for (int i = 0; i < 1000; ++i) {
        const auto answer = out.object();
        out.string(std::string_view("quote\"d"), item);
        out.number("ttl", std::uint64_t{300});
      }
    }
    REQUIRE(out.is_over_limit());
    out.cut();
    CHECK(out.text().size() <= limit);
    CHECK(out.text().size() > limit - 400);
    CHECK(out.text().starts_with(R"({"type":"dns","dns":{"answers":[{"quote\"d":"xxx)"));
    CHECK(out.text().ends_with(R"(}]},"weir":{"truncated":true}})"));
  }
}

TEST_CASE("json writer: what was rolled back to below the limit is whole") {
  JsonWriter out;
  out.limit(JsonWriter::kLeastLimit);
  {
    const auto event = out.object();
    const std::size_t before = out.mark();
    for (int i = 0; i < 100; ++i) out.string("long", std::string(1000, 'y'));
    out.rollback(before);
    out.string("short", "z");
  }
  CHECK_FALSE(out.is_over_limit());
  CHECK(out.text() == R"({"short":"z"})");
}
