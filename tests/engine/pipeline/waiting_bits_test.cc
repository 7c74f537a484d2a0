// Rules that wait for a flowbit: whether they match does not depend on how a message was cut.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/engine/pipeline/inline_run.h"

using namespace weir;
using weir::test::Connection;
using weir::test::InlineRun;

namespace {

constexpr std::string_view kBodySetsBit =
    "alert http any any -> any any (flow:established,to_server; http.request_body; content:\"magic\"; "
    "flowbits:set,seen; flowbits:noalert; sid:1;)\n"
    "drop http any any -> any any (flow:established,to_server; flowbits:isset,seen; http.uri; "
    "content:\"/forbidden\"; sid:2;)";
constexpr std::string_view kPostHead = "POST /forbidden HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";

// The verdicts on what a client says in these segments.
std::string verdicts_of_segments(std::string_view rules, const std::vector<std::string_view>& segments) {
  InlineRun run(rules);
  Connection c;
  run.play_all(c.handshake());
  std::string out;
  for (const std::string_view segment : segments) out += run.play(c.client(segment));
  return out;
}

}  // namespace

TEST_CASE("waiting for a bit: it may come with a later segment of the same message") {
  const std::string whole = std::string(kPostHead) + "magic";
  CHECK(verdicts_of_segments(kBodySetsBit, {whole}) == "d");
  CHECK(verdicts_of_segments(kBodySetsBit, {kPostHead, "magic"}) == "ad");
  CHECK(verdicts_of_segments(kBodySetsBit, {kPostHead.substr(0, 20), kPostHead.substr(20), "mag", "ic"}) ==
        "aaad");
  CHECK(verdicts_of_segments(kBodySetsBit, {kPostHead, "other"}) == "aa");
}

TEST_CASE("waiting for a bit: not that of a later message") {
  constexpr std::string_view next = "POST /allowed HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nmagic";
  CHECK(verdicts_of_segments(kBodySetsBit, {kPostHead, "other", next, kPostHead}) == "aaad");
}

TEST_CASE("waiting for a bit: a rule that only sets it is looked at before those that drop") {
  constexpr std::string_view same_place =
      "drop http any any -> any any (flow:established,to_server; flowbits:isset,seen; http.uri; "
      "content:\"/forbidden\"; sid:2;)\n"
      "alert http any any -> any any (flow:established,to_server; http.uri; content:\"/forbidden\"; "
      "flowbits:set,seen; flowbits:noalert; sid:1;)";
  CHECK(verdicts_of_segments(same_place, {kPostHead}) == "d");
}
