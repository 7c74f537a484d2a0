// Connections of which receivers of different systems read different bytes.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/tcp/tcp_session.h"
#include "tests/engine/pipeline/inline_run.h"

using namespace weir;
using namespace weir::engine;
using weir::test::Connection;
using weir::test::InlineRun;

namespace {

constexpr std::string_view kForbidden =
    "alert http any any -> any any (http.uri; content:\"/evil\"; sid:1;)\n"
    "alert tcp any any -> any any (flow:to_server; content:\"/evil\"; sid:2;)\n"
    "alert http any any -> any any (http.method; content:\"GET\"; sid:3;)\n";
constexpr std::string_view kHead = " HTTP/1.1\r\nHost: a\r\n\r\n";

struct Piece {
  std::size_t at;
  std::string_view text;
  std::uint8_t urgent = 0;  // the pointer
};

void mark_urgent(std::string& frame, std::uint8_t pointer) {
  constexpr std::size_t kTcp = 14 + 20;
  frame[kTcp + 13] = static_cast<char>(frame[kTcp + 13] | tcp_flag::urg);
  frame[kTcp + 19] = static_cast<char>(pointer);
}

// A request of one client that comes in these pieces before it is acknowledged as a whole, and its answer.
std::vector<std::string> request_in(Connection& c, const std::vector<Piece>& pieces) {
  std::vector<std::string> out;
  std::size_t end = 0;
  for (const Piece& piece : pieces) {
    out.push_back(c.client_at(piece.at, piece.text));
    if (piece.urgent != 0) mark_urgent(out.back(), piece.urgent);
    end = std::max(end, piece.at + piece.text.size());
  }
  c.client_has_sent(end);
  out.push_back(c.server("", tcp_flag::ack));
  out.push_back(c.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  out.push_back(c.client("", tcp_flag::ack));
  return out;
}

// "/good" first and a longer "/evil" from the same place on, both behind a hole: Linux takes the latter, BSD keeps the former.
std::vector<Piece> linux_reads_evil() {
  return {{4, "/good"}, {4, "/evil H"}, {0, "GET "}, {11, kHead.substr(2)}};
}
// The other one begins before what came first: Windows keeps the latter, BSD and Linux replace it.
std::vector<Piece> windows_reads_evil() {
  return {{4, "/evil"}, {3, " /good"}, {0, "GET"}, {9, kHead}};
}

// Rules that said something of it, in order of their numbers.
std::string said(const InlineRun& run) {
  std::string out;
  for (const std::string_view sid : {"1", "2", "3"})
    for (std::size_t n = run.count("\"event_type\":\"alert\"", "\"signature_id\":" + std::string(sid) + ",");
         n != 0; --n)
      out += sid;
  return out;
}

void play(InlineRun& run, Connection& c, const std::vector<Piece>& pieces) {
  run.play_all(request_in(c, pieces));
}

std::string said_of(const std::vector<Piece>& pieces, std::string_view settings = "") {
  InlineRun run(kForbidden, settings, false);
  Connection c;
  run.play_all(c.handshake());
  play(run, c, pieces);
  run.finish();
  return said(run);
}

}  // namespace

TEST_CASE(
    "other readings: rules see what receivers of other systems read, and say once what they say of all") {
  CHECK(said_of(linux_reads_evil()) == "123");
  CHECK(said_of(windows_reads_evil()) == "123");
}

TEST_CASE("other readings: rules see urgent bytes out of band and as ones like any others") {
  const std::vector<Piece> out_of_band{{0, "GET /evXil", 8}, {10, kHead}};
  const std::vector<Piece> in_band{{0, "GET /ev"}, {7, "il", 1}, {9, kHead}};
  CHECK(said_of(out_of_band) == "123");
  CHECK(said_of(in_band) == "123");
  CHECK(said_of(in_band, "stream: {reassembly: {urgent: {policy: gap}}}\n").empty());
  CHECK(said_of({{0, "GET /good", 7}, {9, kHead}}) == "3");
}

TEST_CASE("other readings: all events but alerts are those of the one that is followed without them") {
  InlineRun run(std::string(kForbidden) +
                    "alert tcp any any -> any any (stream-event:reassembly_overlap_different_data; sid:4;)",
                "", false);
  Connection c;
  run.play_all(c.handshake());
  play(run, c, linux_reads_evil());
  run.finish();
  CHECK(run.count("\"event_type\":\"http\"") == 1);
  CHECK(run.count("\"event_type\":\"http\"", "/good") == 1);
  CHECK(run.count("\"event_type\":\"flow\"") == 1);
  CHECK(run.count("\"event_type\":\"flow\"", "\"alerted\":true") == 1);
  CHECK(run.count("\"signature_id\":4,") == 1);
  CHECK(run.pipeline.counters().tcp_other_readings == 1);
}

TEST_CASE("other readings: none where the configuration says what the receiver is") {
  CHECK(said_of(linux_reads_evil(), "host-os-policy: {bsd: [10.0.0.0/8]}\n") == "3");
  CHECK(said_of(linux_reads_evil(), "host-os-policy: {linux: [10.0.0.0/8]}\n") == "123");
  CHECK(said_of(windows_reads_evil(), "host-os-policy: {linux: [10.0.0.0/8]}\n") == "3");
}

TEST_CASE("other readings: as many at once as are configured, the others are counted") {
  CHECK(said_of(linux_reads_evil(), "stream: {reassembly: {other-readings: 0}}\n") == "3");
  InlineRun run(kForbidden, "stream: {reassembly: {other-readings: 1}}\n", false);
  for (std::uint16_t port = 40000; port < 40003; ++port) {
    Connection c({0x0a000001, port});
    run.play_all(c.handshake());
    play(run, c, linux_reads_evil());
  }
  CHECK(run.pipeline.counters().tcp_other_readings == 1);
  CHECK(run.pipeline.counters().tcp_other_readings_left_out == 2);
}

TEST_CASE(
    "other readings: go on to later requests of the connection, and end some time after the last "
    "difference") {
  InlineRun run(kForbidden, "", false);
  Connection c;
  run.play_all(c.handshake());
  play(run, c, linux_reads_evil());
  const std::string large =
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1400\r\n\r\n" + std::string(1400, 'x');
  for (int i = 0; i < 200; ++i) play(run, c, {{0, large}});
  const std::uint64_t memory = run.pipeline.memory().stream_sessions;
  play(run, c, linux_reads_evil());
  CHECK(run.pipeline.counters().tcp_other_readings == 2);
  CHECK(run.pipeline.memory().stream_sessions == 2 * memory);
  CHECK(run.count("\"event_type\":\"http\"") == 202);
}

TEST_CASE("other readings: without memory for one the connection is followed all the same") {
  CHECK(said_of(linux_reads_evil(),
                "stream: {memcap: " + std::to_string(sizeof(TcpSession) * 3 / 2) + "}\n") == "3");
}

TEST_CASE("other readings: inline there is one, the one that goes on to the receiver") {
  InlineRun run("drop http any any -> any any (http.uri; content:\"/evil\"; sid:1;)", "", true);
  Connection c;
  run.play_all(c.handshake());
  play(run, c, linux_reads_evil());
  CHECK(run.pipeline.counters().tcp_other_readings == 0);
}
