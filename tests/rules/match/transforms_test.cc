#include "rules/match/transforms.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <zlib.h>

#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;
using test::bytes_of;

namespace {
std::string applied(const std::shared_ptr<const Transform>& t, std::string_view in) {
  std::string out = "left over from before";
  PcreScratch scratch;
  t->apply(bytes_of(in), out, scratch);
  return out;
}
std::string hex(std::string_view s) {
  std::string out;
  for (const char c : s) {
    constexpr const char* kDigits = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}
}  // namespace

TEST_CASE("transforms without options") {
  struct Row {
    std::shared_ptr<const Transform> transform;
    std::string in, out;
  };
  const std::vector<Row> rows = {
      {make_dotprefix(), "example.com", ".example.com"},
      {make_dotprefix(), "", "."},
      {make_strip_whitespace(), " a\tb\r\n c\v\f", "abc"},
      {make_compress_whitespace(), " a \t b\r\n\r\nc", " a b c"},
      {make_to_lowercase(), "AbC\xc3", "abc\xc3"},
      {make_to_uppercase(), "AbC\xe3", "ABC\xe3"},
      {make_domain(), "www.suricata.io", "suricata.io"},
      {make_domain(), "News.BBC.co.uk", "BBC.co.uk"},
      {make_domain(), "co.uk", ""},
      {make_domain(), "host", ""},
      {make_domain(), "", ""},
      {make_domain(), std::string(250, 'a') + ".b.org", ""},
      {make_tld(), "www.suricata.io", "io"},
      {make_tld(), "news.BBC.co.uk", "co.uk"},
      {make_tld(), "co.uk", "co.uk"},
      {make_url_decode(), "a%20b+c%2", "a b c%2"},
      {make_url_decode(), "%zz%41", "%zzA"},
      {make_header_lowercase(), "Host: ABC:D\r\nX-Y: Z\r\n", "host: ABC:D\r\nx-y: Z\r\n"},
      {make_strip_pseudo_headers(), ":method: GET\r\nhost: a\r\n:path: /", "host: a\r\n"},
      {make_xor("\x0f"), "\x0f\x01", std::string("\0\x0e", 2)},
      {make_xor("ab"), "abc", std::string("\0\0\x02", 3)},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.transform->name()));
    CHECK(applied(row.transform, row.in) == row.out);
  }
}

TEST_CASE("digests are raw bytes") {
  CHECK(hex(applied(make_hash(Hash::md5), "abc")) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex(applied(make_hash(Hash::sha1), "abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex(applied(make_hash(Hash::sha256), "abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("base64 is decoded by mode, from an offset on") {
  CHECK(applied(make_from_base64(Base64Mode::rfc4648, 0, 0), "dGhpc2lzYXRlc3Q=") == "thisisatest");
  CHECK(applied(make_from_base64(Base64Mode::rfc4648, 0, 2), "--dGhpcw") == "this");
  CHECK(applied(make_from_base64(Base64Mode::rfc4648, 6, 0), "dGhpc2lz") == "this");
  CHECK(applied(make_from_base64(Base64Mode::rfc4648, 0, 0), "dGhp cw==") == "thi");
  CHECK(applied(make_from_base64(Base64Mode::rfc2045, 0, 0), "dGhp\r\n cw==") == "this");
  CHECK(applied(make_from_base64(Base64Mode::strict, 0, 0), "dGhp cw==").empty());
  CHECK(applied(make_from_base64(Base64Mode::strict, 0, 99), "dGhp").empty());
}

TEST_CASE("compressed data is inflated up to the limit; other data gives nothing") {
  std::string packed(200, '\0');
  uLongf size = packed.size();
  REQUIRE(compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                   reinterpret_cast<const Bytef*>("hello hello hello"), 17) == Z_OK);
  packed.resize(size);
  CHECK(applied(make_inflate(false, 1024), packed) == "hello hello hello");
  CHECK(applied(make_inflate(false, 5), packed) == "hello");
  CHECK(applied(make_inflate(false, 1024), packed.substr(0, 12)).size() <= 17);
  CHECK(applied(make_inflate(false, 1024), "not compressed").empty());
  CHECK(applied(make_inflate(true, 1024), packed).empty());
  CHECK(applied(make_inflate(true, 1024), "").empty());
}

TEST_CASE("pcrexform takes the first group, or leaves what does not match as it is") {
  const auto regex = Pcre::compile("GET (.*) HTTP", {});
  REQUIRE(regex.has_value());
  const auto t = make_pcre_group("GET (.*) HTTP", *regex);
  CHECK(applied(t, "GET /x HTTP/1.1") == "/x");
  CHECK(applied(t, "POST /x") == "POST /x");
}

TEST_CASE("transform keywords are chained in order, and their names tell their arguments") {
  const auto one =
      test::http_with("http.uri; url_decode; xor:\"0d0a\"; from_base64: offset 13 ; content:\"a\";");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  REQUIRE(one.signature->buffers.size() == 1);
  const auto& transforms = one.signature->buffers[0].transforms;
  REQUIRE(transforms.size() == 3);
  CHECK(transforms[0]->name() == "url_decode");
  CHECK(transforms[1]->name() == "xor:0d0a");
  CHECK(transforms[2]->name() == make_from_base64(Base64Mode::rfc4648, 0, 13)->name());
}

TEST_CASE("a transform behind contents opens a second look at the buffer") {
  const auto one =
      test::http_with("http.uri; content:\"v=\"; from_base64; zlib_deflate: max-size 8; content:\"x\";");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  REQUIRE(one.signature->buffers.size() == 2);
  CHECK(one.signature->buffers[0].transforms.empty());
  CHECK(one.signature->buffers[1].transforms.size() == 2);
}

TEST_CASE("transforms refuse bad arguments, a missing buffer, and contents that they can never leave") {
  for (const char* text :
       {"dotprefix; content:\"a\";", "http.uri; xor:\"0\"; content:\"a\";",
        "http.uri; xor:zz; content:\"a\";", "http.uri; pcrexform:(a); content:\"a\";",
        "http.uri; pcrexform:\"a\"; content:\"a\";", "http.uri; pcrexform:\"(\"; content:\"a\";",
        "http.uri; from_base64:mode best; content:\"a\";", "http.uri; gunzip:max-size 0; content:\"a\";",
        "http.uri; to_lowercase; content:\"A\";", "http.uri; to_uppercase; content:\"a\";",
        "http.uri; strip_whitespace; content:\"a b\";", "http.uri; compress_whitespace; content:\"a  b\";",
        "http.uri; domain:x; content:\"a\";", "http.uri; dotprefix;"}) {
    CAPTURE(text);
    CHECK(test::http_with(text).signature == nullptr);
  }
  const auto nocase = test::http_with("http.uri; to_lowercase; content:\"A\"; nocase;");
  CHECK_MESSAGE(nocase.signature != nullptr, nocase.error);
}
