// Inline, bytes come before anybody knows their protocol: rules that name it and look at the stream see them when it is known.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/engine/pipeline/inline_run.h"

using namespace weir;
using weir::test::Connection;
using weir::test::InlineRun;

namespace {

// A method that is none; that it is HTTP the answer tells.
constexpr std::string_view kOddRequest = "FROB /forbidden HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kPlainAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view kLateRule =
    "drop http any any -> any any (flow:established,to_server; content:\"/forbidden\"; sid:1;)";

std::string late_verdicts(std::string_view rules, std::string_view request, std::string_view answer) {
  InlineRun run(rules);
  Connection c;
  run.play_all(c.handshake());
  std::string out;
  out += run.play(c.client(request));
  out += run.play(c.server(answer));
  out += run.play(c.client("more"));
  return out;
}

}  // namespace

TEST_CASE("late protocol: a rule that names it drops with the answer that tells it") {
  CHECK(late_verdicts(kLateRule, kOddRequest, kPlainAnswer) == "add");
  CHECK(late_verdicts("drop http any any -> any any (content:\"/forbidden\"; sid:1;)", kOddRequest,
                      kPlainAnswer) == "add");
  CHECK(late_verdicts("drop http any any -> any 80 (flow:to_server; pcre:\"/forb?idden/\"; sid:1;)",
                      kOddRequest, kPlainAnswer) == "add");
}

TEST_CASE("late protocol: not a rule of another protocol, nor one that looks for something else") {
  CHECK(late_verdicts("drop smtp any any -> any any (content:\"/forbidden\"; sid:1;)", kOddRequest,
                      kPlainAnswer) == "aaa");
  CHECK(late_verdicts("drop http any any -> any any (content:\"/allowed\"; sid:1;)", kOddRequest,
                      kPlainAnswer) == "aaa");
  CHECK(late_verdicts("drop http any any -> any any (flow:to_server; content:\"200 OK\"; sid:1;)",
                      kOddRequest, kPlainAnswer) == "aaa");
}

TEST_CASE("late protocol: bytes far before the last ones count as well") {
  const std::string padded = std::string(kOddRequest.substr(0, kOddRequest.size() - 2)) +
                             "X: " + std::string(9000, 'x') + "\r\n\r\n";
  InlineRun run(kLateRule);
  Connection c;
  run.play_all(c.handshake());
  std::string verdicts;
  for (std::size_t at = 0; at < padded.size(); at += 1000)
    verdicts += run.play(c.client(std::string_view(padded).substr(at, 1000)));
  CHECK(verdicts == "aaaaaaaaaa");
  CHECK(run.play(c.server(kPlainAnswer)) == 'd');
}

TEST_CASE("late protocol: a rule alerts once on them") {
  InlineRun run("alert http any any -> any any (content:\"/forbidden\"; sid:1;)");
  Connection c;
  run.play_all(c.handshake());
  run.play(c.client(kOddRequest));
  run.play(c.server(kPlainAnswer));
  run.play(c.client("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  run.finish();
  CHECK(run.count("\"signature_id\":1,") == 1);
}

TEST_CASE("late protocol: what nobody recognises is let go of, whichever side shows that") {
  const std::string noise(1000, '\x01');
  for (const int first_of_server : {0, 90}) {
    InlineRun run(kLateRule);
    Connection c;
    run.play_all(c.handshake());
    for (int i = 0; i < first_of_server; ++i) run.play_all({c.client(noise), c.server("", tcp_flag::ack)});
    for (int i = 0; i < 200; ++i) {
      if (first_of_server == 0)
        run.play_all({c.client(noise), c.server("", tcp_flag::ack)});
      else
        run.play_all({c.server(noise), c.client("", tcp_flag::ack)});
    }
    CHECK(run.pipeline.memory().stream_data < 50'000);
  }
}
