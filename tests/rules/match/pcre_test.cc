#include "rules/match/pcre.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;
using test::bytes_of;

namespace {
std::shared_ptr<const Pcre> compiled(std::string_view text, const Pcre::Options& options = {}) {
  auto regex = Pcre::compile(text, options);
  REQUIRE(regex.has_value());
  return *regex;
}
}  // namespace

TEST_CASE("a regular expression finds where it matches, from a start on") {
  PcreScratch scratch;
  const auto regex = compiled("b(.)d");
  const auto hit = regex->match(bytes_of("abcdbxd"), 0, scratch);
  REQUIRE(hit.has_value());
  CHECK(hit->first == 1);
  CHECK(hit->second == 4);
  CHECK(scratch.group(1) == std::pair<std::size_t, std::size_t>{2, 3});
  CHECK_FALSE(scratch.group(2).has_value());
  CHECK(regex->match(bytes_of("abcdbxd"), 2, scratch)->first == 4);
  CHECK_FALSE(regex->match(bytes_of("abcdbxd"), 5, scratch).has_value());
  CHECK_FALSE(scratch.group(0).has_value());
  CHECK_FALSE(regex->match(bytes_of("abcd"), 99, scratch).has_value());
  CHECK(compiled("^$")->match({}, 0, scratch).has_value());
}

TEST_CASE("options change how an expression reads") {
  PcreScratch scratch;
  CHECK(compiled("ABC", {.nocase = true})->match(bytes_of("abc"), 0, scratch).has_value());
  CHECK(compiled("^b", {.multiline = true})->match(bytes_of("a\nb"), 0, scratch).has_value());
  CHECK(compiled("a.b", {.dot_all = true})->match(bytes_of("a\nb"), 0, scratch).has_value());
  CHECK_FALSE(compiled("a.b")->match(bytes_of("a\nb"), 0, scratch).has_value());
  CHECK(compiled("a b", {.extended = true})->match(bytes_of("ab"), 0, scratch).has_value());
  CHECK_FALSE(compiled("b", {.anchored = true})->match(bytes_of("ab"), 0, scratch).has_value());
  CHECK_FALSE(compiled("a$", {.dollar_end = true})->match(bytes_of("a\n"), 0, scratch).has_value());
}

TEST_CASE("an expression that would run away is given up and counted") {
  PcreScratch scratch;
  const std::string subject(200, 'a');
  CHECK_FALSE(compiled("(a|aa)+\\d")->match(bytes_of(subject), 0, scratch).has_value());
  CHECK(scratch.limit_hits == 1);
}

TEST_CASE("one expression may be used by several threads at its first match") {
  const auto regex = compiled("([a-z]+)=([0-9]+)");
  std::vector<std::thread> threads;
  std::array<bool, 4> found{};
  for (std::size_t i = 0; i < found.size(); ++i)
    threads.emplace_back([&, i] {
      PcreScratch scratch;
      found[i] = regex->match(bytes_of("?key=42"), 0, scratch).has_value();
    });
  for (auto& t : threads) t.join();
  for (const bool f : found) CHECK(f);
}

TEST_CASE("the pcre keyword takes flags, buffers and captures, and refuses the rest") {
  for (const char* text :
       {"pcre:\"/abc/\";", "pcre:/abc/;", "pcre:!\"/abc/i\";", "pcre:\"/a\\/b\\;/smixAEGROB\";",
        "pcre:\"/(a)/,flow:x\";", "pcre:\"/(?P<flow_ua>a)(b)/R\";", "pcre: \"/a/\";"}) {
    CAPTURE(text);
    const auto one = test::with_options(text);
    CHECK_MESSAGE(one.signature != nullptr, one.error);
  }
  for (const char* text : {"pcre:\"abc\";", "pcre:abc;", "pcre:\"/abc\";", "pcre:\"/(/\";", "pcre:\"/a/q\";",
                           "pcre:\"/a/,flow:x\";", "pcre:\"/(a)/,file:x\";", "pcre:\"/a/UH\";", "pcre;"}) {
    CAPTURE(text);
    CHECK(test::with_options(text).signature == nullptr);
  }
  const auto uri = test::http_with("pcre:\"/abc/U\"; content:\"x\";");
  REQUIRE_MESSAGE(uri.signature != nullptr, uri.error);
  REQUIRE(uri.signature->buffers.size() == 1);
  CHECK(uri.signature->buffers[0].buffer->name == "http.uri");
  CHECK(uri.signature->payload.size() == 1);
  CHECK(test::http_with("http.method; pcre:\"/abc/U\";").signature == nullptr);
}
