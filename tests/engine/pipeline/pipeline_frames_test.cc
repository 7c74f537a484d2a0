#include <doctest/doctest.h>

#include <algorithm>

#include "inline_run.h"

using namespace weir;
using weir::test::Connection;
using weir::test::InlineRun;

namespace {

std::string sid(int n) {
  return "\"signature_id\":" + std::to_string(n) + ",";
}

// Requests and answers of HTTP in a connection whose every segment is acknowledged, and every acknowledgment met by one.
struct Http {
  explicit Http(std::string_view rules, bool prevent = false) : run(rules, "", prevent) {
    run.play_all(c.handshake());
  }
  std::string request(std::string_view text) {
    std::string out{run.play(c.client(text))};
    run.play(c.server("", tcp_flag::ack));
    run.play(c.client("", tcp_flag::ack));
    return out;
  }
  std::string answer(std::string_view text) {
    std::string out{run.play(c.server(text))};
    run.play(c.client("", tcp_flag::ack));
    run.play(c.server("", tcp_flag::ack));
    return out;
  }
  InlineRun run;
  Connection c;
};

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace

TEST_CASE("pipeline frames: a datagram's frame is looked at with it, start and end and size") {
  InlineRun run(
      "alert dns any any -> any any (frame:pdu; content:\"|12 34|\"; startswith; sid:1;)\n"
      "alert dns any any -> any any (frame:dns.pdu; content:\"|00 01 00 01|\"; endswith; bsize:33; sid:2;)\n"
      "alert dns any any -> any any (frame:dns.pdu; content:\"|12 34|\"; offset:1; sid:3;)\n"
      "alert dns any any -> any any (flow:to_client; frame:dns.pdu; content:\"example\"; sid:4;)\n"
      "alert dns any any -> any any (frame:dns.pdu; to_lowercase; content:\"www\"; sid:5;)\n",
      "", false);
  const std::string query(
      "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03WWW\x07"
      "example\x03"
      "com\x00\x00\x01\x00\x01",
      33);
  const test::FrameAddress client{0x0a000001, 40000}, server{0x0a000002, 53};
  for (int i = 0; i < 2; ++i) run.play(udp_frame(client, server, query));
  CHECK(run.count(sid(1),
                  "\"frame\":{\"type\":\"pdu\",\"id\":1,\"direction\":\"toserver\",\"length\":33,"
                  "\"complete\":true,") == 1);
  CHECK(run.count(sid(1), "\"id\":2,") == 1);
  CHECK(run.count(sid(1), "\"tx_id\":1}") == 1);
  CHECK(run.count(sid(2)) == 2);
  CHECK(run.count(sid(3)) == 0);
  CHECK(run.count(sid(4)) == 0);
  CHECK(run.count(sid(5)) == 2);
}

TEST_CASE("pipeline frames: a message is looked at when it is whole, in whatever segments it comes") {
  Http h(
      "alert http any any -> any any (frame:http1.request; content:\"GET\"; startswith; content:\"|0d 0a 0d "
      "0a|\"; "
      "endswith; bsize:28; sid:1;)\n");
  for (const char c : kGet) h.request({&c, 1});
  CHECK(h.run.count(sid(1)) == 1);
  CHECK(h.run.count(sid(1), "\"stream_offset\":0,\"length\":28,\"complete\":true") == 1);
  h.request(kGet);
  h.request(kGet);
  CHECK(h.run.count(sid(1)) == 3);
  CHECK(h.run.count(sid(1), "\"id\":3,\"direction\":\"toserver\",\"stream_offset\":56") == 1);
}

TEST_CASE("pipeline frames: a long one is looked at as it grows, and once for what stands there") {
  Http h(
      "alert http any any -> any any (frame:http1.response; content:\"HTTP/1.1\"; startswith; sid:1;)\n"
      "alert http any any -> any any (frame:http1.response; content:\"first\"; content:\"second\"; sid:2;)\n"
      "alert http any any -> any any (frame:http1.response; content:\"seam-across\"; sid:3;)\n"
      "alert http any any -> any any (frame:http1.response; content:\"end.\"; endswith; bsize:>20000; "
      "sid:4;)\n");
  h.request(kGet);
  h.answer("HTTP/1.1 200 OK\r\nContent-Length: 24000\r\n\r\n" + std::string(95, 'x') + "first" +
           std::string(2900, 'x'));
  CHECK(h.run.count(sid(1)) == 1);  // before it has ended
  h.answer("second" + std::string(994, 'x'));
  CHECK(h.run.count(sid(2)) == 0);  // not enough has come
  h.answer(std::string(3000 - 4, 'x') + "seam");
  CHECK(h.run.count(sid(2)) == 1);
  h.answer("-across" + std::string(2993, 'x'));
  CHECK(h.run.count(sid(3)) == 1);
  for (int i = 0; i < 13; ++i) h.answer(std::string(1000, 'x'));
  CHECK(h.run.count(sid(4)) == 0);
  h.answer(std::string(996, 'x') + "end.");
  h.run.finish();
  CHECK(h.run.count(sid(1)) == 1);
  CHECK(h.run.count(sid(2)) == 1);
  CHECK(h.run.count(sid(3)) == 1);
  CHECK(h.run.count(sid(4)) == 1);
}

TEST_CASE("pipeline frames: the same is seen of a long one in whatever segments it comes") {
  const std::string rules =
      "alert http any any -> any any (frame:http1.response; content:\"HTTP/1.1\"; startswith; sid:1;)\n"
      "alert http any any -> any any (frame:http1.response; content:\"mark\"; sid:2;)\n"
      "alert http any any -> any any (frame:http1.response; content:\"end.\"; endswith; sid:3;)\n"
      "alert http any any -> any any (flow:to_client; frame:http1.stream; content:\"end.HTTP\"; sid:4;)\n";
  std::string message = "HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n";
  for (int i = 0; i < 9; ++i) message += "mark" + std::string(992, 'x') + "end.";
  const auto alerts_of = [&](std::size_t segment) {
    Http h(rules);
    h.request(kGet);
    const std::string all = message + message;
    for (std::size_t at = 0; at < all.size(); at += segment)
      h.answer(std::string_view(all).substr(at, segment));
    h.run.finish();
    std::vector<std::string> out;
    for (const std::string& line : h.run.lines)
      if (line.find("\"event_type\":\"alert\"") != std::string::npos)
        out.push_back(line.substr(line.find("\"signature_id\""), 18) + line.substr(line.find("\"frame\"")));
    std::sort(out.begin(), out.end());
    return out;
  };
  const std::vector<std::string> whole = alerts_of(20000);
  CHECK(whole.size() == 2 + 2 * 4 + 2 + 1);
  CHECK(alerts_of(1460) == whole);
  CHECK(alerts_of(77) == whole);
}

TEST_CASE("pipeline frames: the stream is one frame to its end, with holes") {
  Http h(
      "alert http any any -> any any (flow:to_client; frame:http1.stream; content:\"marker\"; sid:1;)\n"
      "alert http any any -> any any (flow:to_client; frame:http1.stream; content:\"lost\"; sid:2;)\n");
  h.request(kGet);
  h.answer("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nmarker....");
  (void)h.c.server("lost......");  // never captured
  h.answer("marker....");
  CHECK(h.run.count(sid(1)) == 0);
  h.run.finish();
  CHECK(h.run.count(sid(1)) == 1);
  CHECK(h.run.count(sid(1), "Content-Length: 30\\r\\n\\r\\nmarker....[10 bytes missing]marker....\"") == 1);
  CHECK(h.run.count(sid(2)) == 0);
}

TEST_CASE("pipeline frames: inline a rule drops before the bytes have passed, and the rest of the flow") {
  Http h("drop http any any -> any any (frame:http1.request; content:\"/a\"; sid:1;)\n", true);
  CHECK(h.request("GET /") == "a");
  CHECK(h.request("a HT") == "d");
  CHECK(h.request("TP/1.1\r\n\r\n") == "d");
  CHECK(h.run.count("\"event_type\":\"alert\"") == 1);
}

TEST_CASE("pipeline frames: nothing is kept of frames that are done with") {
  Http h(
      "alert http any any -> any any (frame:http1.request; content:\"nowhere\"; sid:1;)\n"
      "alert http any any -> any any (frame:http1.stream; content:\"nowhere\"; sid:2;)\n");
  std::uint64_t most = 0;
  for (int i = 0; i < 200; ++i) {
    h.request(kGet);
    h.answer("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
    most = std::max(most, h.run.pipeline.memory().stream_data);
  }
  CHECK(most < 64 * 1024);
  CHECK(h.run.pipeline.counters().frames_refused == 0);
}
