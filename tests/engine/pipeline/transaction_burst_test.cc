// Many messages that come at once, as their acknowledgement does: looked at in batches, with nothing lost or changed.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/flow/app_state.h"
#include "tests/engine/pipeline/inline_run.h"

using namespace weir;
using namespace weir::engine;
using weir::test::Connection;
using weir::test::InlineRun;

namespace {

constexpr std::size_t kMessages = 2 * kTransactionBatch + 100;  // fit into a window
constexpr std::size_t kSegment = 1400;

// A query for "name", or the one with this number for "other", as it stands in a stream.
std::string query(std::size_t number, std::size_t other) {
  std::string m{static_cast<char>(number >> 8U), static_cast<char>(number)};
  m += std::string("\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10);
  m += number == other ? std::string("\x05other", 6) : std::string("\x04name", 5);
  m += std::string("\x00\x00\x01\x00\x01", 5);
  std::string out;
  test::put16(out, static_cast<std::uint32_t>(m.size()));
  return out + m;
}

enum class Acknowledged { each, all_at_once, never };

std::vector<std::string> burst(Acknowledged how, std::size_t other = kMessages) {
  Connection c({0x0a000001, 40000}, {0x0a000002, 53});
  std::vector<std::string> frames = c.handshake();
  std::string stream;
  for (std::size_t i = 0; i < kMessages; ++i) stream += query(i, other);
  for (std::size_t at = 0; at < stream.size(); at += kSegment) {
    frames.push_back(c.client(std::string_view(stream).substr(at, kSegment)));
    if (how == Acknowledged::each) frames.push_back(c.server("", tcp_flag::ack));
  }
  if (how == Acknowledged::all_at_once) frames.push_back(c.server("", tcp_flag::ack));
  return frames;
}

// The DNS events without what depends on the packet that they were written with.
std::vector<std::string> dns_events(const InlineRun& run) {
  std::vector<std::string> out;
  for (const std::string& line : run.lines)
    if (line.find("\"event_type\":\"dns\"") != std::string::npos)
      out.push_back(line.substr(line.find("\"dns\":{")));
  return out;
}

std::size_t most_live(InlineRun& run, const std::vector<std::string>& frames) {
  std::size_t most = 0;
  for (const std::string& frame : frames) {
    run.play(frame);
    run.pipeline.flows().visit(0, 1'000'000, [&](const Flow& flow) {
      if (flow.app != nullptr && flow.app->parser != nullptr)
        most = std::max(most, flow.app->parser->transactions().live());
    });
  }
  return most;
}

constexpr std::string_view kOtherRule = "alert dns any any -> any any (dns.query; content:\"other\"; sid:1;)";

}  // namespace

TEST_CASE("burst: messages acknowledged at once give the events of messages acknowledged one by one") {
  for (const std::string_view rules : {std::string_view{}, kOtherRule}) {
    CAPTURE(rules);
    InlineRun each(rules, "", false), at_once(rules, "", false), never(rules, "", false);
    most_live(each, burst(Acknowledged::each));
    const std::size_t live = most_live(at_once, burst(Acknowledged::all_at_once));
    most_live(never, burst(Acknowledged::never));
    never.finish();
    CHECK(live <= kTransactionBatch);
    const auto expected = dns_events(each);
    CHECK(expected.size() == kMessages);
    CHECK(dns_events(at_once) == expected);
    CHECK(dns_events(never) == expected);
  }
}

TEST_CASE("burst: a rule finds its message wherever it stands") {
  for (const std::size_t at :
       {std::size_t{0}, kTransactionBatch - 1, kTransactionBatch, 2 * kTransactionBatch + 7, kMessages - 1}) {
    CAPTURE(at);
    for (const Acknowledged how : {Acknowledged::each, Acknowledged::all_at_once, Acknowledged::never}) {
      InlineRun run(kOtherRule, "", false);
      run.play_all(burst(how, at));
      run.finish();
      CHECK(run.count("\"event_type\":\"alert\"") == 1);
    }
  }
}

TEST_CASE("burst: the number of alerts of a packet is bounded through all of its batches") {
  InlineRun run(
      "alert dns any any -> any any (dns.query; content:\"name\"; sid:1;)");  // inline: parsed as it comes
  Connection c({0x0a000001, 40000}, {0x0a000002, 53});
  run.play_all(c.handshake());
  std::string stream;
  for (std::size_t i = 0; i < kTransactionBatch * 2; ++i) stream += query(i, kMessages);
  const std::string_view late = std::string_view(stream).substr(1);
  const std::string first = c.client(std::string_view(stream).substr(0, 1));
  std::vector<std::string> rest;
  for (std::size_t at = 0; at < late.size(); at += kSegment)
    rest.push_back(c.client(late.substr(at, kSegment)));
  run.play_all(rest);  // behind a hole that the last frame fills
  CHECK(run.count("\"event_type\":\"alert\"") == 0);
  run.play(first);
  CHECK(run.count("\"event_type\":\"alert\"") == 15);
  CHECK(run.pipeline.counters().detect_alert_queue_overflow == kTransactionBatch * 2 - 15);
  CHECK(run.count("\"event_type\":\"dns\"") == kTransactionBatch * 2);
}

TEST_CASE("burst: inline, a packet is dropped for the last of its many messages") {
  InlineRun run("drop dns any any -> any any (dns.query; content:\"other\"; sid:1;)");
  Connection c({0x0a000001, 40000}, {0x0a000002, 53});
  run.play_all(c.handshake());
  std::string stream;
  for (std::size_t i = 0; i < kTransactionBatch * 2; ++i) stream += query(i, kTransactionBatch * 2 - 1);
  const std::string first = c.client(std::string_view(stream).substr(0, 1));
  std::vector<std::string> rest;
  const std::string_view late = std::string_view(stream).substr(1);
  for (std::size_t at = 0; at < late.size(); at += kSegment)
    rest.push_back(c.client(late.substr(at, kSegment)));
  run.play_all(rest);
  CHECK(run.play(first) == 'd');
  CHECK(run.count("\"event_type\":\"alert\"") == 1);
  CHECK(run.count("\"event_type\":\"drop\"") == 1);
  CHECK(run.pipeline.counters().ips_blocked == 1);
}
