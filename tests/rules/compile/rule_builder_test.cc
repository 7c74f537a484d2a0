#include "rules/compile/rule_builder.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/app/protocol_ids.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;
using test::http_with;
using test::load;
using test::with_options;

TEST_CASE("rules that contradict themselves are refused") {
  for (const char* text : {
           "content:\"abcd\"; depth:3;",
           "content:\"a\"; content:\"abcd\"; within:3;",
           "content:\"a\"; content:\"b\"; distance:0; offset:2;",
           "content:\"a\"; startswith; depth:5;",
           "content:\"a\"; startswith; offset:1;",
           "content:\"b\"; content:\"a\"; startswith; distance:1;",
           "content:\"a\"; fast_pattern; content:\"b\"; fast_pattern;",
           "content:\"a\"; offset:3; fast_pattern:only;",
           "content:!\"a\"; fast_pattern:only;",
           "content:!\"ab\"; offset:1; fast_pattern;",
           "content:\"abc\"; fast_pattern:2,2;",
           "flow:to_server,to_client;",
           "flow:established,not_established;",
           "flow:only_stream,no_stream;",
           "flow:only_stream; dsize:5;",
           "dsize:10; content:\"boom\"; content:\"loom\"; distance:10;",
           "dsize:6; content:\"boom\"; content:\"loom\"; distance:3;",
           "dsize:3; content:\"abcd\";",
           "nocase;",
           "depth:3;",
           "content:\"a\"; nocase:x;",
           "sid:2;",
           "noalert; alert;",
           "threshold:type limit,track by_src,count 1,seconds 5; detection_filter:track by_src,count "
           "1,seconds 5;",
       }) {
    CAPTURE(text);
    CHECK(with_options(text).signature == nullptr);
  }
  CHECK(load("alert ip any any -> any any (msg:\"x\";)").signature == nullptr);
}

TEST_CASE("rules that only look odd are taken") {
  for (const char* text :
       {"dsize:10; content:\"boom\"; content:\"loom\"; distance:-10;",
        "dsize:10; content:\"boom\"; content:\"loom\"; distance:-15;", "content:\"a\"; distance:0;",
        "content:!\"a\"; content:\"b\"; within:10; distance:-5;", "content:\"abc\"; depth:3; offset:65535;",
        "content:\"abc\"; fast_pattern:1,2;", "content:\"a\"; startswith; endswith;",
        "flow:established,no_stream; dsize:5;"}) {
    CAPTURE(text);
    const auto one = with_options(text);
    CHECK_MESSAGE(one.signature != nullptr, one.error);
  }
}

TEST_CASE("contents go to the selected buffer, and a rule that comes back goes on with its chain") {
  const auto one = http_with(
      "content:\"p\"; http.method; content:\"GET\"; http.uri; content:\"a\"; http.method; content:\"E\"; "
      "distance:-2; pkt_data; "
      "content:\"q\";");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  CHECK(one.signature->payload.size() == 2);
  REQUIRE(one.signature->buffers.size() == 2);
  CHECK(one.signature->buffers[0].chain.size() == 2);
  CHECK(one.signature->buffers[1].chain.size() == 1);
}

TEST_CASE("old modifiers move the content before them, and further modifiers follow it") {
  const auto one = http_with(
      "content:\"ABC\"; http_uri; nocase; depth:9; content:\"q\"; content:\"r\"; http_uri; distance:1;");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  CHECK(one.signature->payload.size() == 1);
  REQUIRE(one.signature->buffers.size() == 1);
  const BufferChain& chain = one.signature->buffers[0].chain;
  REQUIRE(chain.size() == 2);
  const auto& first = std::get<Content>(chain[0]);
  CHECK(first.nocase);
  CHECK(first.depth.value == 9);
  CHECK(first.pattern[0] == 'a');
  CHECK(std::get<Content>(chain[1]).has_distance);
  CHECK(http_with("http_uri;").signature == nullptr);
  CHECK(http_with("http.method; content:\"a\"; http_uri;").signature == nullptr);
}

TEST_CASE("a buffer that nothing looks at is a mistake") {
  CHECK(http_with("http.uri;").signature == nullptr);
  CHECK(http_with("http.uri; http.method; content:\"a\";").signature == nullptr);
  CHECK(http_with("http.method; content:\"a\"; http.uri;").signature == nullptr);
  const auto absent = http_with("http.referer; absent;");
  REQUIRE_MESSAGE(absent.signature != nullptr, absent.error);
  CHECK(absent.signature->buffers[0].absent);
  CHECK_FALSE(absent.signature->buffers[0].or_else);
  const auto or_else = http_with("http.referer; absent: or_else; content:!\"abc\";");
  REQUIRE_MESSAGE(or_else.signature != nullptr, or_else.error);
  CHECK(or_else.signature->buffers[0].or_else);
  CHECK(or_else.signature->buffers[0].chain.size() == 1);
  CHECK(http_with("absent;").signature == nullptr);
  CHECK(http_with("http.referer; content:\"a\"; absent;").signature == nullptr);
}

TEST_CASE("buffers give the rule its protocol and direction") {
  const auto uri = load("alert tcp any any -> any any (http.uri; content:\"a\"; sid:1;)");
  REQUIRE_MESSAGE(uri.signature != nullptr, uri.error);
  CHECK(uri.signature->header.app_protocols.test(static_cast<std::size_t>(AppProto::http)));
  CHECK(uri.signature->flow.to_server);
  CHECK(http_with("flow:to_client; http.uri; content:\"a\";").signature == nullptr);
  CHECK(http_with("http.uri; content:\"a\"; http.stat_code; content:\"200\";").signature == nullptr);
  CHECK(load("alert dns any any -> any any (http.uri; content:\"a\"; sid:1;)").signature == nullptr);
  CHECK(http_with("http.uri; content:\"a\"; dsize:5;").signature == nullptr);
}

TEST_CASE("rules about both sides of a transaction may say which side of a buffer they mean") {
  const auto one = load(
      "alert http any any => any any (http.connection: to_client; content:\"a\"; http.connection: to_server; "
      "content:\"b\"; "
      "http.uri; content:\"c\"; http.stat_code; content:\"200\"; sid:1;)");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  REQUIRE(one.signature->buffers.size() == 4);
  CHECK(one.signature->buffers[0].direction == Direction::to_client);
  CHECK(one.signature->buffers[1].direction == Direction::to_server);
  CHECK_FALSE(one.signature->buffers[2].direction.has_value());
  CHECK(load("alert http any any => any any (http.uri:to_client; content:\"a\"; sid:1;)").signature ==
        nullptr);
  CHECK(load("alert http any any -> any any (http.connection:to_client; content:\"a\"; sid:1;)").signature ==
        nullptr);
  CHECK(load("alert http any any => any any (noalert:to_client; sid:1;)").signature == nullptr);
}

TEST_CASE("bsize and contents of one buffer must go together") {
  CHECK(http_with("http.uri; content:\"abcd\"; bsize:3;").signature == nullptr);
  CHECK(http_with("http.uri; content:\"abcd\"; bsize:<4;").signature == nullptr);
  CHECK(http_with("bsize:3; content:\"a\";").signature == nullptr);
  const auto good = http_with("http.uri; content:\"abcd\"; bsize:4; http.method; content:\"GET\"; bsize:>2;");
  CHECK_MESSAGE(good.signature != nullptr, good.error);
}

TEST_CASE("variables belong to the kind of buffer that made them") {
  const auto good = http_with(
      "http.cookie; content:\"a\"; byte_extract:4,0,v,relative; http.request_body; content:\"b\"; "
      "byte_test:4,=,v,0,relative;");
  REQUIRE_MESSAGE(good.signature != nullptr, good.error);
  CHECK(with_options("content:\"hi\"; byte_extract:1,4,v; http.connection; byte_jump:v,0; isdataat:1;")
            .signature == nullptr);
  CHECK(with_options("byte_test:v,=,1,0;").signature == nullptr);
  CHECK(with_options("byte_extract:1,0,v; byte_extract:1,1,v;").signature == nullptr);
}

TEST_CASE("keywords that are known but cannot be enforced are refused with their reason") {
  const auto one = with_options("sip.method; content:\"a\";");
  CHECK(one.signature == nullptr);
  CHECK(one.error.find("not parsed yet") != std::string::npos);
  CHECK(with_options("nonsense;").error.find("unknown keyword") != std::string::npos);
}

TEST_CASE("in the old form a relative condition looks where the content before it was moved to") {
  const auto one = http_with(
      "uricontent:\"a\"; byte_extract:1,2,n,relative; content:\"b\"; distance:n; http_uri; "
      "isdataat:4,relative; "
      "content:\"c\"; byte_test:1,=,n,0,relative;");
  CHECK(one.signature == nullptr);  // the variable is the URI's, the test the payload's
  const auto other = http_with(
      "uricontent:\"a\"; byte_extract:1,2,n,relative; content:\"b\"; distance:n; http_uri; "
      "isdataat:4,relative; "
      "content:\"c\"; byte_jump:1,0,relative; isdataat:9;");
  REQUIRE_MESSAGE(other.signature != nullptr, other.error);
  REQUIRE(other.signature->buffers.size() == 1);
  CHECK(other.signature->buffers[0].chain.size() == 4);
  CHECK(other.signature->payload.size() == 3);
  for (const char* text : {"content:\"c\"; byte_extract:1,0,n; uricontent:\"a\"; byte_test:1,=,n,0,relative;",
                           "uricontent:\"a\"; byte_extract:1,0,n,relative; content:\"b\"; distance:n;"}) {
    CAPTURE(text);
    const auto mixed = http_with(text);
    CHECK(mixed.signature == nullptr);
    CHECK(mixed.error.find("another kind") != std::string::npos);
  }
}
