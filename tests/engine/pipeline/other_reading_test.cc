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

// Byte by byte out of band: without urgent bytes there is no protocol yet, with them there is.
TEST_CASE("other readings: those of several kinds begin where only one of them knows the protocol") {
  InlineRun run(kForbidden, "", false);
  Connection c;
  run.play_all(c.handshake());
  constexpr std::string_view method = "GET ";
  for (std::size_t i = 0; i < method.size(); ++i) {
    std::string frame = c.client_at(i, method.substr(i, 1));
    mark_urgent(frame, 1);
    run.play(frame);
  }
  c.client_has_sent(method.size());
  run.play(c.server("", tcp_flag::ack));
  play(run, c, {{1, "good"}, {1, "evil H"}, {0, "/"}, {7, kHead.substr(2)}});
  run.finish();
  CHECK(run.count("\"event_type\":\"alert\"", "\"signature_id\":2,") == 1);
}

TEST_CASE("other readings: rules see urgent bytes out of band and as ones like any others") {
  const std::vector<Piece> out_of_band{{0, "GET /evXil", 8}, {10, kHead}};
  const std::vector<Piece> in_band{{0, "GET /ev"}, {7, "il", 1}, {9, kHead}};
  CHECK(said_of(out_of_band) == "123");
  CHECK(said_of(in_band) == "123");
  CHECK(said_of(in_band, "stream: {reassembly: {urgent: {policy: gap}}}\n").empty());
  CHECK(said_of({{0, "GET /good", 7}, {9, kHead}}) == "3");
}

TEST_CASE(
    "other readings: rules see what reads overlaps as another system does, and leaves urgent bytes in") {
  // Only so the forbidden path is whole: the urgent byte is in the middle of what that system keeps.
  const std::vector<Piece> of_linux{{4, "/good"}, {4, "/evil H", 3}, {0, "GET "}, {11, kHead.substr(2)}};
  const std::vector<Piece> of_windows{{4, "/evil", 3}, {3, " /good"}, {0, "GET"}, {9, kHead}};
  // The urgent byte comes before any overlap, and in a segment of its own.
  const std::vector<Piece> mark_first{{5, "e", 1}, {6, "good"}, {6, "vil HT"},
                                      {4, "/"},    {0, "GET "}, {12, kHead.substr(3)}};
  CHECK(said_of(of_linux) == "123");
  CHECK(said_of(of_windows) == "123");
  CHECK(said_of(mark_first) == "123");
  CHECK(said_of(of_linux, "stream: {reassembly: {urgent: {policy: gap}}}\n") == "3");
  CHECK(said_of(of_linux, "host-os-policy: {bsd: [10.0.0.0/8]}\n") == "3");
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

TEST_CASE("other readings: one match counts once for a threshold, however many readings hold it") {
  InlineRun run(
      "alert http any any -> any any (http.method; content:\"GET\"; threshold:type both, track by_src, count "
      "2, "
      "seconds 60; sid:1;)",
      "", false);
  std::uint16_t port = 40000;
  for (const std::string_view alerts : {"", "1"}) {
    Connection c({0x0a000001, port++});
    run.play_all(c.handshake());
    play(run, c, linux_reads_evil());
    CHECK(said(run) == alerts);
  }
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

TEST_CASE("other readings: inline bytes that differ are the same to every receiver") {
  InlineRun run("drop http any any -> any any (http.uri; content:\"/evil\"; sid:1;)", "", true);
  Connection c;
  run.play_all(c.handshake());
  play(run, c, linux_reads_evil());
  CHECK(run.pipeline.counters().tcp_other_readings == 0);
}

namespace {

constexpr std::string_view kForbiddenInline =
    "drop http any any -> any any (http.uri; content:\"/evil\"; sid:1;)\n"
    "drop tcp any any -> any any (flow:to_server; content:\"/worse\"; sid:2;)\n";

// A request in one segment with an urgent byte, and what follows: the verdicts.
std::string verdicts_of(InlineRun& run, std::string_view request, std::uint8_t pointer) {
  Connection c;
  run.play_all(c.handshake());
  std::string frame = c.client(request);
  mark_urgent(frame, pointer);
  return run.play_all({frame, c.server("", tcp_flag::ack), c.client("", tcp_flag::ack)});
}

}  // namespace

TEST_CASE("other readings: inline what either receiver of an urgent byte reads is forbidden") {
  // The first as read out of band, the others in line; the last one's rule looks at the stream.
  for (const std::string request : {"GET /evxil", "GET /evil", "GET /worse"}) {
    CAPTURE(request);
    InlineRun run(kForbiddenInline);
    CHECK(verdicts_of(run, request + std::string(kHead), 8) == "ddd");
    run.finish();
    CHECK(run.count("\"event_type\":\"alert\"", "\"action\":\"blocked\"") == 1);
    CHECK(run.count("\"event_type\":\"drop\"", "\"reason\":\"rules\"") == 1);
    CHECK(run.count("\"event_type\":\"flow\"", "\"action\":\"drop\"") == 1);
    const Counters& counters = run.pipeline.counters();
    CHECK(counters.ips_accepted == 3);
    CHECK(counters.ips_blocked == 3);
    CHECK(counters.drop_reasons[static_cast<std::size_t>(DropReason::none)] == 3);
  }
  InlineRun run(kForbiddenInline);
  CHECK(verdicts_of(run, "GET /good HTTP/1.1\r\nHost: a\r\n\r\n", 8) == "aaa");
}

TEST_CASE("other readings: inline an urgent byte that there is no room to read twice is a matter of policy") {
  InlineRun run(kForbiddenInline, "stream: {reassembly: {other-readings: 1, memcap-policy: drop-packet}}\n");
  constexpr std::string_view request = "GET /good HTTP/1.1\r\nHost: a\r\n\r\n";
  CHECK(verdicts_of(run, request, 8) == "aaa");
  Connection second({0x0a000003, 40000});
  run.play_all(second.handshake());
  std::string frame = second.client(request);
  mark_urgent(frame, 8);
  CHECK(run.play(frame) == 'd');
  CHECK(run.pipeline.counters().tcp_other_readings_left_out == 1);
}

namespace {

constexpr std::string_view kInMessages =
    "alert http any any -> any any (http.uri; content:\"/evil\"; sid:1;)\n"
    "alert http any any -> any any (flow:to_server; http.uri; content:\"/x\"; http.request_body; "
    "content:\"secret\"; sid:2;)\n"
    "alert http any any -> any any (flow:to_client; file.data; content:\"secret\"; sid:3;)\n"
    "alert http any any -> any any (flow:to_client; file.data; content:\"begin\"; sid:4;)\n"
    "alert http any any -> any any (flow:to_server; http.uri; content:\"/x\"; sid:5;)\n";

// What the client (or the server) sends on, so that Linux reads "secret" and BSD "public".
void send_secret(InlineRun& run, Connection& c, bool by_client) {
  for (const Piece& piece : {Piece{1, "ublic"}, Piece{1, "ecret "}, Piece{0, "s"}, Piece{7, " "}})
    run.play(by_client ? c.client_at(piece.at, piece.text) : c.server_at(piece.at, piece.text));
  by_client ? c.client_has_sent(8) : c.server_has_sent(8);
  run.play(by_client ? c.server("", tcp_flag::ack) : c.client("", tcp_flag::ack));
}

// In segments that the other side confirms.
void send(InlineRun& run, Connection& c, bool by_client, std::string_view text) {
  for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(text.size(), 1000))) {
    run.play(by_client ? c.client(text.substr(0, 1000)) : c.server(text.substr(0, 1000)));
    run.play(by_client ? c.server("", tcp_flag::ack) : c.client("", tcp_flag::ack));
  }
}

std::string said_in_messages(const InlineRun& run) {
  std::string out;
  for (const std::string_view sid : {"1", "2", "3", "4", "5"})
    out.append(run.count("\"event_type\":\"alert\"", "\"signature_id\":" + std::string(sid) + ","), sid[0]);
  return out;
}

std::string large_head(std::string_view line, std::size_t body) {
  return std::string(line) + "\r\nHost: a\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n";
}

}  // namespace

TEST_CASE("other readings: one that begins in a request line or a head gets what was read of it before") {
  for (const std::string_view before : {"GET /", "GET /x HTTP/1.1\r\nHost: a\r\nX: "}) {
    CAPTURE(before);
    InlineRun run(std::string(kInMessages) +
                      "alert http any any -> any any (http.uri; content:\"/secret\"; sid:6;)\n"
                      "alert http any any -> any any (http.uri; content:\"/x\"; http.header; "
                      "content:\"secret\"; sid:7;)\n",
                  "", false);
    Connection c;
    run.play_all(c.handshake());
    send(run, c, true, "GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
    send(run, c, false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    send(run, c, true, before);
    send_secret(run, c, true);
    send(run, c, true, before.size() < 10 ? kHead.substr(1) : "\r\n\r\n");
    run.finish();
    CHECK(run.count("\"signature_id\":6,") == (before.size() < 10 ? 1 : 0));
    CHECK(run.count("\"signature_id\":7,") == (before.size() < 10 ? 0 : 1));
    CHECK(run.count("\"signature_id\":5,") == (before.size() < 10 ? 0 : 1));
  }
}

TEST_CASE("other readings: one that begins in a body sees it with its head, and says nothing twice") {
  for (const std::size_t before : {std::size_t{0}, std::size_t{100}, std::size_t{3000}, std::size_t{40000}}) {
    CAPTURE(before);
    InlineRun run(kInMessages, "", false);
    Connection c;
    run.play_all(c.handshake());
    send(run, c, true, "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n");
    send(run, c, false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    send(run, c, true, large_head("POST /x HTTP/1.1", before + 8));
    send(run, c, true, std::string(before, 'a'));
    send_secret(run, c, true);
    send(run, c, false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    CHECK(said_in_messages(run) == "125");
    send(run, c, true, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    send(run, c, false, large_head("HTTP/1.1 200 OK", before + 13));
    send(run, c, false, "begin" + std::string(before, 'a'));
    send_secret(run, c, false);
    run.finish();
    CHECK(run.count("\"signature_id\":3,") == 1);
    CHECK(run.count("\"signature_id\":4,") == 1);
    CHECK(run.count("\"event_type\":\"http\"") == 3);
    CHECK(run.pipeline.counters().tcp_other_readings_given_up == 0);
  }
}

TEST_CASE("other readings: what is kept for them of a message goes with it") {
  for (const std::string_view settings : {"", "stream: {reassembly: {other-readings: 0}}\n"}) {
    CAPTURE(settings);
    InlineRun run("alert http any any -> any any (http.uri; content:\"/evil\"; sid:1;)", settings, false);
    Connection c;
    run.play_all(c.handshake());
    send(run, c, true, large_head("POST /x HTTP/1.1", 7000));
    send(run, c, true, std::string(6000, 'a'));
    const std::uint64_t within = run.pipeline.memory().stream_data;
    CHECK((within > 6000) == settings.empty());
    send(run, c, true, std::string(1000, 'a'));
    send(run, c, false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    CHECK(run.pipeline.memory().stream_data < 4000);
  }
}

TEST_CASE("other readings: where the parser of one gives up no error of the protocol is counted") {
  InlineRun run("alert tcp any any -> any any (content:\"evil\"; sid:1;)", "", false);
  Connection c;
  run.play_all(c.handshake());
  send(run, c, true, "SSH-2.0-x\r\n");
  send(run, c, false, "SSH-2.0-y\r\n");
  // Linux reads a record of no length, which none has.
  const std::string good("\0\0\x0c\x04\x14", 5), bad("\0\0\0\0\0\0", 6);
  for (const auto& [at, text] :
       {std::pair<std::size_t, std::string>{1, good}, {1, bad}, {0, std::string(1, '\0')}})
    run.play(c.client_at(at, text));
  c.client_has_sent(7);
  run.play(c.server("", tcp_flag::ack));
  run.finish();
  const Counters& counters = run.pipeline.counters();
  CHECK(counters.tcp_other_readings == 1);
  CHECK(counters.tcp_other_readings_given_up == 1);
  for (const AppCounters& app : counters.app) CHECK(app.parser_errors[0] == 0);
}
