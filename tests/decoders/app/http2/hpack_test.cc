#include "decoders/app/http2/hpack.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "decoders/text.h"

using namespace weir;
using namespace weir::http2;

namespace {

std::string bytes_of(std::string_view hex) {
  std::string out, digits;
  for (const char c : hex) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    out += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return out;
}

struct Fields final : HpackSink {
  void field(std::string_view name, std::string_view value) override {
    text.append(name).append("=").append(value).append(";");
  }
  void table_size(std::uint64_t bytes) override {
    text.append("<").append(std::to_string(bytes)).append(">");
  }
  std::string text;
};

std::string decoded(HpackDecoder& decoder, std::string_view hex) {
  Fields fields;
  const HpackResult r = decoder.decode(as_bytes(bytes_of(hex)), fields);
  if (r == HpackResult::malformed) fields.text += "malformed";
  if (r == HpackResult::integer_overflow) fields.text += "overflow";
  return fields.text;
}

std::string decoded(std::string_view hex) {
  HpackDecoder decoder(65536);
  return decoded(decoder, hex);
}

std::string huffman(std::string_view hex, std::size_t most = 1000) {
  SlabString out;
  return huffman_decode(as_bytes(bytes_of(hex)), out, most) ? std::string(out) : "bad";
}

}  // namespace

TEST_CASE("hpack: representations of the RFC's examples (C.2)") {
  CHECK(decoded("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572") ==
        "custom-key=custom-header;");
  CHECK(decoded("040c 2f73 616d 706c 652f 7061 7468") == ":path=/sample/path;");
  CHECK(decoded("1008 7061 7373 776f 7264 0673 6563 7265 74") == "password=secret;");
  CHECK(decoded("82") == ":method=GET;");
}

TEST_CASE("hpack: requests that share a table, plain and in Huffman code (C.3, C.4)") {
  constexpr std::string_view kFirst = ":method=GET;:scheme=http;:path=/;:authority=www.example.com;";
  constexpr std::string_view kSecond =
      ":method=GET;:scheme=http;:path=/;:authority=www.example.com;cache-control=no-cache;";
  constexpr std::string_view kThird =
      ":method=GET;:scheme=https;:path=/index.html;:authority=www.example.com;custom-key=custom-value;";
  HpackDecoder plain(65536);
  CHECK(decoded(plain, "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d") == kFirst);
  CHECK(plain.bytes() == 57);
  CHECK(decoded(plain, "8286 84be 5808 6e6f 2d63 6163 6865") == kSecond);
  CHECK(plain.bytes() == 110);
  CHECK(decoded(plain, "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65") == kThird);
  CHECK(plain.bytes() == 164);
  HpackDecoder coded(65536);
  CHECK(decoded(coded, "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff") == kFirst);
  CHECK(decoded(coded, "8286 84be 5886 a8eb 1064 9cbf") == kSecond);
  CHECK(decoded(coded, "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf") == kThird);
}

TEST_CASE(
    "hpack: what finds no room pushes out the oldest, and empties the table when it is too long for it") {
  HpackDecoder decoder(65536);
  // 3f e1 01: the table takes 256 bytes from here on.
  CHECK(decoded(decoder, "3fe101") == "<256>");
  const std::string entry =
      "4001"
      "61"
      "64" +
      [] {
        std::string zeros;
        for (int i = 0; i < 100; ++i) zeros += "7a";
        return zeros;
      }();
  for (int i = 0; i < 3; ++i) (void)decoded(decoder, entry);  // 133 bytes each
  CHECK(decoder.bytes() == 133);
  CHECK(decoded(decoder, "be").substr(0, 3) == "a=z");
  CHECK(decoded(decoder, "bf") == "malformed");
  CHECK(decoded(decoder, "20") == "<0>");
  CHECK(decoder.bytes() == 0);
  CHECK(decoded(decoder, "4001 6101 62") == "a=b;");
  CHECK(decoder.bytes() == 0);
}

TEST_CASE("hpack: a sender takes no more room than its receiver and the limit give") {
  HpackDecoder decoder(1024);
  CHECK(decoded(decoder, "3fe1ff03") == "<65536>");
  for (int i = 0; i < 100; ++i) (void)decoded(decoder, "4001 6101 62");
  CHECK(decoder.bytes() <= 1024);
  CHECK(decoder.bytes() > 1024 - 34);
  decoder.allow(100);
  CHECK(decoded(decoder, "3fe1ff03") == "<65536>");
  CHECK(decoder.bytes() <= 100);
}

TEST_CASE("hpack: what is broken says so, at every truncation as well") {
  CHECK(decoded("80") == "malformed");  // index 0
  CHECK(decoded("be") == "malformed");  // nothing in the table
  CHECK(decoded("00") == "malformed");  // no name
  CHECK(decoded("0003 6162") == "malformed");
  CHECK(decoded("ff ffff ffff ffff ffff ffff 7f") == "overflow");
  CHECK(decoded("ff8080808080808080808001") == "overflow");
  const std::string whole = bytes_of("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572");
  for (std::size_t n = 1; n < whole.size(); ++n) {
    HpackDecoder decoder(65536);
    Fields fields;
    CHECK(decoder.decode(as_bytes(whole).first(n), fields) == HpackResult::malformed);
    CHECK(fields.text.empty());
  }
}

TEST_CASE("hpack: Huffman code (C.4, C.6), its padding and its end") {
  CHECK(huffman("f1e3 c2e5 f23a 6ba0 ab90 f4ff") == "www.example.com");
  CHECK(huffman("d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff") == "Mon, 21 Oct 2013 20:13:21 GMT");
  CHECK(huffman("f1e3 c2e5 f23a 6ba0 ab90 f4ff", 3) == "www");
  CHECK(huffman("").empty());
  CHECK(huffman("ff") == "bad");         // padding of a whole byte
  CHECK(huffman("f1e0") == "bad");       // padding of zeros
  CHECK(huffman("ffff ffff") == "bad");  // the symbol that says where a text ends
  CHECK(huffman("ffff fff3") == "\n");   // 30 bits, and two of padding
}

TEST_CASE("hpack: a block that makes too much of the table is given up") {
  HpackDecoder decoder(65536);
  const std::string entry =
      "40"
      "7f"
      "a1"
      "1e" +
      [] {
        std::string name;
        for (int i = 0; i < 4000; ++i) name += "61";
        return name;
      }() +
      "0161";
  REQUIRE(decoded(decoder, entry).size() > 4000);
  Fields fields;
  const std::string many(3000, '\xbe');
  CHECK(decoder.decode(as_bytes(many), fields) == HpackResult::too_long);
  CHECK(fields.text.size() < 2 * HpackDecoder::kMaxWritten);
}
