#include "rules/load/stream_span.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/rules/load_one.h"

namespace weir::rules {
namespace {

StreamSpan span_of(std::string_view options) {
  const test::One one = test::load("alert tcp any any -> any any (" + std::string(options) + " sid:1;)");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  return stream_span(one.signature->payload);
}

std::vector<std::string> warnings(std::string_view rules, std::uint32_t to_server, std::uint32_t to_client) {
  RuleEnvironment environment;
  environment.features = default_features();
  environment.chunk_to_server = to_server;
  environment.chunk_to_client = to_client;
  LoadedRules loaded;
  load_rule_text(rules, "t", environment, loaded);
  CHECK(loaded.failed == 0);
  std::vector<std::string> out;
  for (const RuleDiagnostic& d : loaded.diagnostics) out.push_back(to_string(d));
  return out;
}

TEST_CASE("stream span: only numbers that the rule names make contents lie far apart") {
  struct Row {
    std::string_view options;
    std::int64_t bytes;
    std::string_view keyword;
    std::int64_t number;
  };
  constexpr Row kRows[] = {
      {"content:\"abc\";", 3, "", 0},
      {"content:\"abc\"; offset:9000; depth:9000;", 3, "", 0},  // one alone may come at any time
      {"content:\"abc\"; content:\"de\"; distance:0;", 5, "distance", 0},
      {"content:\"abc\"; content:\"de\"; distance:100;", 105, "distance", 100},
      {"content:\"abc\"; content:\"de\"; within:100;", 103, "within", 100},
      {"content:\"abc\"; content:\"de\"; distance:50; within:100;", 153, "within", 100},
      {"content:\"abc\"; content:\"de\"; within:100; content:\"f\"; within:200;", 303, "within", 200},
      {"content:\"abc\"; content:\"de\"; distance:-3;", 3, "", 0},
      // What is not relative begins anew, unless both have a place in the stream.
      {"content:\"abc\"; content:\"de\"; within:100; content:\"f\"; content:\"g\"; within:10;", 103, "within",
       100},
      {"content:\"abc\"; depth:5; content:\"de\"; offset:700;", 702, "offset", 700},
      {"content:\"abc\"; depth:800; content:\"de\"; depth:5;", 800, "depth", 800},
      {"content:\"abc\"; offset:100; depth:800; content:\"de\"; offset:600; depth:5;", 800, "depth", 800},
      {"content:\"abc\"; depth:5; content:\"de\"; within:100;", 103, "within", 100},
      // A negation asks for what it looks at, and nothing counts from there.
      {"content:\"abc\"; content:!\"de\"; within:100; content:\"f\"; within:50;", 103, "within", 100},
      {"content:\"abc\"; isdataat:400,relative;", 403, "isdataat", 400},
      {"content:\"abc\"; isdataat:400;", 401, "isdataat", 400},
      {"content:\"abc\"; byte_test:4,>,1000,300,relative;", 307, "byte_test", 300},
      {"content:\"abc\"; pcre:\"/x/\"; content:\"de\"; within:20;", 20, "within", 20},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.options);
    const StreamSpan span = span_of(row.options);
    CHECK(span.bytes == row.bytes);
    CHECK(span.keyword == row.keyword);
    CHECK(span.number == row.number);
  }
}

TEST_CASE("stream span: a rule of streams that asks for more than a chunk is warned of, with its place") {
  CHECK(warnings("alert tcp any any -> any any (flow:to_server; content:\"abc\"; content:\"de\"; within:998; "
                 "sid:7;)",
                 1000, 100) ==
        std::vector<std::string>{"t:1:76: warning: sid 7: within: spans 1001 bytes of a stream, of which "
                                 "1000 are surely looked at together "
                                 "(998); with a smaller number, or stream.reassembly.toserver-chunk-size as "
                                 "large, nothing is missed"});
  // Within the chunk; of the direction that counts; buffers; packets; other protocols; no number.
  CHECK(warnings(
            "alert tcp any any -> any any (flow:to_server; content:\"abc\"; content:\"de\"; within:997; "
            "sid:1;)\n"
            "alert http any any -> any any (http.uri; content:\"abc\"; content:\"de\"; within:5000; sid:2;)\n"
            "alert tcp-pkt any any -> any any (content:\"abc\"; content:\"de\"; within:5000; sid:3;)\n"
            "alert tcp any any -> any any (dsize:>9; content:\"abc\"; content:\"de\"; within:5000; sid:4;)\n"
            "alert tcp any any -> any any (flow:no_stream; content:\"abc\"; content:\"de\"; within:5000; "
            "sid:5;)\n"
            "alert udp any any -> any any (content:\"abc\"; content:\"de\"; within:5000; sid:6;)\n"
            "alert tcp any any -> any any (content:\"abc\"; content:\"de\"; distance:0; sid:8;)",
            1000, 100)
            .empty());
}

TEST_CASE(
    "stream span: without a direction the smaller chunk counts, and each option is found by its number") {
  const auto said = warnings(
      "alert tcp any any -> any any (content:\"abc\"; content:\"de\"; within:10; content:\"f\"; within:500; "
      "sid:1;)\n"
      "alert ip any any -> any any (flow:to_client; content:\"abc\"; isdataat:!400,relative; sid:2;)",
      1000, 100);
  REQUIRE(said.size() == 2);
  CHECK(said[0].starts_with("t:1:84: warning: sid 1: within: spans 513 bytes of a stream, of which 100 are"));
  CHECK(said[1].starts_with("t:2:61: warning: sid 2: isdataat: spans 403 bytes"));
  CHECK(said[1].find("toclient-chunk-size") != std::string::npos);
}

}  // namespace
}  // namespace weir::rules
