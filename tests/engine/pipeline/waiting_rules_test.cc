// Rules that wait for what the rest of a message changes at its flow or hosts: whether they match does not depend on how it was
// cut.
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

TEST_CASE(
    "waiting for flow and hosts: bits of hosts, numbers and counters of flows may come to fit with a later "
    "segment") {
  const std::string setter =
      "alert http any any -> any any (flow:established,to_server; http.request_body; content:\"magic\"; "
      "noalert; ";
  const std::string dropper =
      "drop http any any -> any any (flow:established,to_server; http.uri; content:\"/forbidden\"; ";
  const auto verdicts = [&](std::string_view effect, std::string_view condition,
                            const std::vector<std::string>& segments) {
    return verdicts_of_segments(
        setter + std::string(effect) + " sid:1;)\n" + dropper + std::string(condition) + " sid:2;)",
        {segments.begin(), segments.end()});
  };
  struct Row {
    std::string_view effect, condition;
  };
  for (const Row& row :
       {Row{"xbits:set,seen,track ip_src;", "xbits:isset,seen,track ip_src;"},
        Row{"hostbits:set,seen,src;", "hostbits:isset,seen,src;"},
        Row{"flowint:seen,=,3;", "flowint:seen,isset;"}, Row{"flowint:seen,=,3;", "flowint:seen,>,2;"},
        Row{"flowbits:set,seen;", "flowbits:isset,other|seen;"}}) {
    CAPTURE(row.condition);
    CHECK(verdicts(row.effect, row.condition, {std::string(kPostHead) + "magic"}) == "d");
    CHECK(verdicts(row.effect, row.condition, {std::string(kPostHead), "magic"}) == "ad");
    CHECK(verdicts(row.effect, row.condition,
                   {std::string(kPostHead.substr(0, 20)), std::string(kPostHead.substr(20)), "mag", "ic"}) ==
          "aaad");
    CHECK(verdicts(row.effect, row.condition, {std::string(kPostHead), "other"}) == "aa");
  }
  const std::string sized = "stream_size:client,>," + std::to_string(kPostHead.size() + 3) + ";";
  CHECK(verdicts("", sized, {std::string(kPostHead), "ma", "gic"}) == "aad");
}

TEST_CASE("waiting for flow and hosts: rules beyond the limit are counted") {
  constexpr std::size_t most = 1024, further = 10;
  std::string rules;
  for (std::size_t i = 1; i <= most + further; ++i)
    rules += "alert http any any -> any any (flowbits:isset,seen; http.uri; content:\"/forbidden\"; sid:" +
             std::to_string(i) + ";)\n";
  rules += "alert tcp any any -> any any (content:\"nothing\"; flowbits:set,seen; sid:5000;)";
  InlineRun run(rules);
  Connection c;
  run.play_all(c.handshake());
  run.play(c.client(kPostHead));
  CHECK(run.pipeline.counters().rules_not_followed == further);
}

TEST_CASE(
    "waiting for more of a message: what a rule asks of the stream may have come with an earlier segment") {
  constexpr std::string_view rule =
      "drop http any any -> any any (flow:established,to_server; content:\"Host|3a 20|a\"; "
      "http.request_body; "
      "content:\"magic\"; sid:1;)";
  CHECK(verdicts_of_segments(rule, {std::string(kPostHead) + "magic"}) == "d");
  CHECK(verdicts_of_segments(rule, {kPostHead, "magic"}) == "ad");
  CHECK(verdicts_of_segments(rule, {kPostHead, "ma", "gic"}) == "aad");
  CHECK(verdicts_of_segments(rule, {kPostHead, "other"}) == "aa");
}

TEST_CASE("waiting for more of a message: not what the stream had in a message before") {
  constexpr std::string_view rule =
      "drop http any any -> any any (flow:established,to_server; content:\"evil\"; http.uri; content:\"/b\"; "
      "sid:1;)";
  constexpr std::string_view asked = "GET /a HTTP/1.1\r\nHost: a\r\nX: evil\r\n\r\n";
  constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  for (const std::string_view settings : {"", "stream: {reassembly: {other-readings: 0}}\n"}) {
    CAPTURE(settings);
    InlineRun run(rule, settings);
    Connection c;
    run.play_all(c.handshake());
    CHECK(run.play_all({c.client(asked), c.server(answer)}) == "aa");
    CHECK(run.play(c.client("GET /b HTTP/1.1\r\nHost: a\r\n\r\n")) == 'a');
    CHECK(run.play(c.server(answer)) == 'a');
    CHECK(run.play(c.client("GET /b HTTP/1.1\r\nHost: evil\r\n\r\n")) == 'd');
  }
}
