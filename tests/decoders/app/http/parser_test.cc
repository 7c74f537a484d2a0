#include <doctest/doctest.h>

#include "decoders/app/protocol.h"
#include "tests/decoders/app/frame_recorder.h"
#include "tests/decoders/app/http/http_test_util.h"

using namespace http_test;
using http::State;

namespace {

struct Case {
  std::string_view name, request, response, expected;
};

constexpr std::string_view kGet = "GET /a?b=1 HTTP/1.1\r\nHost: Example.COM\r\n\r\n";

constexpr Case kCases[] = {
    {"plain", kGet, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
     "GET /a?b=1 example.com HTTP/1.1 | Host=Example.COM; |  5 >> HTTP/1.1 200 | Content-Length=3; | abc 5 "
     "!\n"},
    {"request body", "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nwxyz", "",
     "POST /p h HTTP/1.1 | Host=h;Content-Length=4; | wxyz 5 >>   |  |  0 !\n"},
    {"chunked", kGet,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n",
     "GET /a?b=1 example.com HTTP/1.1 | Host=Example.COM; |  5 >> HTTP/1.1 200 | "
     "Transfer-Encoding=chunked;T=1; | "
     "abcde 5 ! response_chunk_extension\n"},
    {"folded and repeated", "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n  b\r\nY: 1\r\ny: 2\r\nY: 3\r\n\r\n", "",
     "GET / h HTTP/1.1 | Host=h;X=a  b;Y=1, 2, 3; |  5 >>   |  |  0 !\n"},
    {"no colon", "GET / HTTP/1.1\r\nHost: h\r\njunk\r\n\r\n", "",
     "GET / h HTTP/1.1 | Host=h;=junk; |  5 >>   |  |  0 ! request_field_missing_colon\n"},
    {"no host", "GET / HTTP/1.1\r\n\r\n", "", "GET /  HTTP/1.1 |  |  5 >>   |  |  0 ! missing_host_header\n"},
    {"two hosts", "GET http://one/x HTTP/1.1\r\nHost: two\r\n\r\n", "",
     "GET /x one HTTP/1.1 | Host=two; |  5 >>   |  |  0 ! host_header_ambiguous\n"},
    {"blanks in the URI", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "",
     "GET /a b h HTTP/1.1 | Host=h; |  5 >>   |  |  0 !\n"},
    {"interim response", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx",
     "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n",
     "POST / h HTTP/1.1 | Host=h;Content-Length=1; | x 5 >> HTTP/1.1 201 | Content-Length=0; |  5 !\n"},
    {"interim response twice", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: "
     "0\r\n\r\n",
     "POST / h HTTP/1.1 | Host=h;Content-Length=1; | x 5 >> HTTP/1.1 201 | Content-Length=0; |  5 ! "
     "100_continue_already_seen\n"},
    {"head has no body", "HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n",
     "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\n!",
     "HEAD / h HTTP/1.1 | Host=h; |  5 >> HTTP/1.1 200 | Content-Length=9; |  5 !\n"
     "GET /2 h HTTP/1.1 | Host=h; |  5 >> HTTP/1.1 404 | Content-Length=1; | ! 5 !\n"},
    {"response without request", "", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     "    |  |  5 >> HTTP/1.1 200 | Content-Length=2; | hi 5 ! unable_to_match_response_to_request\n"},
    {"two lengths", kGet, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\nhi",
     "GET /a?b=1 example.com HTTP/1.1 | Host=Example.COM; |  5 >> HTTP/1.1 200 | Content-Length=2; | hi 5 ! "
     "duplicate_content_length_field_in_response\n"},
    {"lone CRs end lines of responses", kGet, "HTTP/1.1 200 OK\rA: 1\rContent-Length: 2\r\n\r\nhi",
     "GET /a?b=1 example.com HTTP/1.1 | Host=Example.COM; |  5 >> HTTP/1.1 200 | A=1;Content-Length=2; | hi "
     "5 !\n"},
    {"LF CR ends lines of responses", kGet, "HTTP/1.1 200 OK\n\rA: 1\n\rContent-Length: 2\r\n\r\nhi",
     "GET /a?b=1 example.com HTTP/1.1 | Host=Example.COM; |  5 >> HTTP/1.1 200 | A=1;Content-Length=2; | hi "
     "5 !\n"},
    {"a response without a head is a body", kGet, "just text\nand more",
     "GET /a?b=1 example.com HTTP/1.1 | Host=Example.COM; |  5 >>   |  | just text\nand more 5 ! "
     "response_invalid_protocol\n"},
    {"unknown authorization", "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Turbo x\r\n\r\n", "",
     "GET / h HTTP/1.1 | Host=h;Authorization=Turbo x; |  5 >>   |  |  0 ! request_auth_unrecognized\n"},
};

std::string run(const Case& c, std::size_t split) {
  Flow flow;
  flow.request(c.request.substr(0, split));
  if (split < c.request.size()) flow.request(c.request.substr(split));
  const std::size_t second = split < c.request.size() ? c.response.size() : split - c.request.size();
  flow.response(c.response.substr(0, std::min(second, c.response.size())));
  if (second < c.response.size()) flow.response(c.response.substr(second));
  flow.feed(Direction::to_client, "", !c.response.empty());
  return dump(flow);
}

}  // namespace

TEST_CASE("http: messages become transactions, however they are cut in two") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    for (std::size_t split = 0; split <= c.request.size() + c.response.size(); ++split) {
      CAPTURE(split);
      REQUIRE(run(c, split) == c.expected);
    }
  }
}

TEST_CASE("http: byte by byte gives the same") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    Flow flow;
    for (const char& byte : c.request) flow.request({&byte, 1});
    for (const char& byte : c.response) flow.response({&byte, 1});
    flow.feed(Direction::to_client, "", !c.response.empty());
    CHECK(dump(flow) == c.expected);
  }
}

TEST_CASE("http: the end of the stream completes what is cut off anywhere") {
  const std::string_view request =
      "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  const std::string_view response =
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nX: a\r\n b\r\nContent-Length: 20\r\n\r\n\x1f\x8b";
  for (std::size_t n = 1; n < request.size(); ++n) {
    CAPTURE(n);
    Flow flow;
    flow.request(request.substr(0, n));
    flow.close();
    REQUIRE(flow.count() == 1);
    CHECK(flow.tx().state(Direction::to_server) == State::complete);
    CHECK(flow.held(Direction::to_server) == 0);
  }
  for (std::size_t n = 1; n < response.size(); ++n) {
    CAPTURE(n);
    Flow flow;
    flow.request(kGet);
    flow.response(response.substr(0, n));
    flow.close();
    CHECK(flow.tx().state(Direction::to_client) == State::complete);
    CHECK(flow.held(Direction::to_client) == 0);
  }
}

TEST_CASE("http: pipelined requests get their responses in order") {
  Flow flow;
  std::string requests, responses;
  for (int i = 0; i < 20; ++i) {
    requests += fmt::format("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", i);
    responses += fmt::format("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{:02}", i);
  }
  flow.request(requests);
  flow.response(responses);
  REQUIRE(flow.count() == 20);
  for (std::uint64_t i = 0; i < 20; ++i) {
    CHECK(flow.tx(i).request.normalised_uri == fmt::format("/{}", i));
    CHECK(body(flow.tx(i).response) == fmt::format("{:02}", i));
  }
}

TEST_CASE("http: behind a length that may be another one the body goes on, however it is cut") {
  const std::string_view heads[] = {"Content-Length: 2\r\n 7\r\n", "Content-Length: 2, 7\r\n",
                                    "Content-Length: 2\r\nContent-Length: 7\r\n"};
  constexpr std::string_view kBody = "hi and more\r\n";
  constexpr std::string_view kNext = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes";
  for (const std::string_view head : heads) {
    CAPTURE(head);
    for (std::size_t split = 0; split <= kBody.size(); ++split) {
      CAPTURE(split);
      Flow flow;
      flow.request(std::string(kGet) + std::string(kGet));
      flow.response(fmt::format("HTTP/1.1 200 OK\r\n{}\r\n", head));
      flow.response(kBody.substr(0, split));
      flow.response(kBody.substr(split));
      flow.response(kNext);
      flow.close();
      CHECK(flow.count() == 2);
      CHECK(body(flow.tx().response) == kBody);
      CHECK(events(flow.tx()).find(" response_body_unexpected") != std::string::npos);
      CHECK(body(flow.tx(1).response) == "yes");
    }
  }
  CHECK(response_body("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi and more") == "hi and more");
  CHECK(response_body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi and more") ==
        "hi");
}

TEST_CASE("http: a line end behind a response's body is counted, one behind a request's is not") {
  Flow flow;
  flow.request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab\r\n");
  flow.response("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi\r\n");
  CHECK(body(flow.tx().request) == "ab");
  CHECK(body(flow.tx().response) == "hi\r\n");
  CHECK(flow.count() == 1);
  CHECK(events(flow.tx()).empty());
}

TEST_CASE(
    "http: bytes that come behind a response and start no other one stand alone, however they are cut") {
  // What comes, and what the transactions are: body and events of each.
  const struct {
    std::string_view behind, expected;
  } rows[] = {
      {" and more", "hi! and more! response_body_unexpected"},
      {"\r\n", "hi!"},
      {"\r\n \r\nHTT", "hi! \r\nHTT! response_body_unexpected"},
      {"xHTTP/1.1 x\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes",
       "hi!xHTTP/1.1 x\n! response_body_unexpectedyes! unable_to_match_response_to_request"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.expected);
    for (std::size_t split = 0; split <= row.behind.size(); ++split) {
      CAPTURE(split);
      Flow flow;
      flow.request(kGet);
      const bool together = row.behind[0] != '\r';  // line ends that come with the end belong to the body
      flow.response(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi{}",
                                row.behind.substr(0, together ? split : 0)));
      if (!together) flow.response(row.behind.substr(0, split));
      flow.response(row.behind.substr(split));
      flow.close();
      std::string got;
      for (std::uint64_t id = 0; id < flow.count(); ++id)
        got += body(flow.tx(id).response) + "!" + events(flow.tx(id));
      CHECK(got == row.expected);
    }
  }
}

TEST_CASE("http: what stands between requests hides none of them, and is answered by nothing") {
  const std::string requests =
      "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nabjunk\r\nmore: junk\r\n\r\nget /2 "
      "HTTP/1.1\r\nHost: h\r\n\r\n"
      "ODD /3 HTTP/1.1\r\nHost: h\r\n\r\n";
  for (std::size_t split = 0; split <= requests.size(); ++split) {
    CAPTURE(split);
    Flow flow;
    flow.request(requests.substr(0, split));
    flow.request(requests.substr(split));
    REQUIRE(flow.count() == 4);
    CHECK(body(flow.tx(0).request) == "ab");
    CHECK(body(flow.tx(1).request) == "junk\r\nmore: junk\r\n\r\n");
    CHECK(events(flow.tx(1)) == " request_body_unexpected");
    CHECK(flow.tx(2).request.normalised_uri == "/2");
    CHECK(flow.tx(3).request.normalised_uri == "/3");
    for (int i = 0; i < 3; ++i)
      flow.response(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", i));
    CHECK(flow.count() == 4);
    CHECK(body(flow.tx(2).response) == "1");
    CHECK(body(flow.tx(3).response) == "2");
  }
}

TEST_CASE("http: a junk line of a chunked body ends where it ends, however long and however cut") {
  const std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na" +
                             std::string(40'000, 'x') + "\r\n1\r\nb\r\n0\r\n\r\n";
  for (const std::size_t split : {std::size_t{60}, std::size_t{20'000}, chunks.size()}) {
    Flow flow;
    flow.request(kGet);
    flow.response(chunks.substr(0, split));
    flow.response(chunks.substr(split));
    CHECK(body(flow.tx().response) == "ab");
  }
}

TEST_CASE("http: behind a gap outside a body the next message is found") {
  Flow flow;
  flow.request(kGet);
  flow.response("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  REQUIRE(flow.parser.on_gap(Direction::to_server, 100));
  flow.request("end of a header: lost\r\n\r\nGET /after HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(flow.parser.on_gap(Direction::to_client, 100));
  flow.response("HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(flow.count() == 2);
  CHECK(flow.tx(1).state(Direction::to_server) == State::complete);
  CHECK(flow.tx(1).response.status_number == 204);
}

TEST_CASE("http: a body may have a gap, a head ends at one") {
  Flow flow;
  flow.request(kGet);
  flow.response("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab");
  REQUIRE(flow.parser.on_gap(Direction::to_client, 6));
  flow.response("yz");
  CHECK(flow.tx().state(Direction::to_client) == State::complete);
  REQUIRE(flow.tx().response.files.size() == 1);
  CHECK(flow.tx().response.files[0]->size == 10);
  CHECK(flow.tx().response.files[0]->has_gaps);
  CHECK(flow.tx().response.files[0]->state == FileState::truncated);

  flow.request("GET /2 HTTP/1.1\r\nHo");
  CHECK(flow.parser.on_gap(Direction::to_server, 1));
  CHECK(flow.tx(1).state(Direction::to_server) == State::complete);
  flow.response("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  CHECK(flow.parser.on_gap(Direction::to_client, 12));  // with the line end that some send behind a body
  CHECK(flow.tx(1).state(Direction::to_client) == State::complete);
  CHECK(flow.tx(1).response.files[0]->size == 10);

  Flow chunks;
  chunks.request(kGet);
  chunks.response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na");
  CHECK(chunks.parser.on_gap(Direction::to_client, 4));
  CHECK(chunks.parser.on_gap(Direction::to_client, 1));
  CHECK(chunks.tx().state(Direction::to_client) == State::complete);
}

TEST_CASE("http: behind CONNECT and upgrades another protocol follows") {
  Flow tunnel;
  tunnel.request("CONNECT h:443 HTTP/1.1\r\n\r\n\x16\x03\x01");
  CHECK(tunnel.held(Direction::to_server) == 3);
  const ParseOutcome connected = tunnel.response("HTTP/1.1 200 OK\r\n\r\n\x16\x03\x03");
  CHECK(connected.status == ParseOutcome::Status::change);
  CHECK(connected.next_protocol == AppProto::unknown);
  CHECK(tunnel.held(Direction::to_client) == 3);
  CHECK(tunnel.tx().request.hostname == "h");
  CHECK(tunnel.tx().request.port == 443);

  Flow no_target;
  no_target.request("CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(no_target.tx().request.hostname == "h");  // a path names no host

  Flow refused;
  refused.request("CONNECT h:443 HTTP/1.1\r\n\r\n");
  CHECK(refused.response("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").status == ParseOutcome::Status::ok);
  refused.request("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(refused.count() == 2);

  Flow pipelined;  // a server that refuses reads on, before its response is seen
  pipelined.request("CONNECT h:443 HTTP/1.1\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HT");
  CHECK(pipelined.count() == 3);
  CHECK(pipelined.tx(1).request.normalised_uri == "/a");
  pipelined.response(
      "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
  CHECK(pipelined.tx(1).response.status_number == 200);
  pipelined.request("TP/1.1\r\n\r\n");
  CHECK(pipelined.tx(2).request.normalised_uri == "/b");

  Flow other;  // no request: the refusal tells what it is
  other.request("CONNECT h:443 HTTP/1.1\r\n\r\nodd\r\n");
  CHECK(other.count() == 1);
  CHECK(other.response("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").wakes_other);
  other.request("");
  CHECK(events(other.tx(1)) == " request_body_unexpected");

  Flow gap;
  gap.request("CONNECT h:443 HTTP/1.1\r\n\r\n");
  CHECK(gap.parser.on_gap(Direction::to_server, 10));
  gap.response("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
  gap.request("rest\r\nGET /c HTTP/1.1\r\n\r\n");
  CHECK(gap.tx(1).request.normalised_uri == "/c");

  Flow websocket;
  websocket.request("GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n");
  const ParseOutcome upgraded = websocket.response("HTTP/1.1 101 Switching\r\nUpgrade: WebSocket\r\n\r\n");
  CHECK(upgraded.status == ParseOutcome::Status::change);
  CHECK(upgraded.next_protocol == AppProto::websocket);
  CHECK(events(websocket.tx()).empty());

  Flow unasked;
  unasked.request("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  unasked.response(
      "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
  CHECK(unasked.tx().response.status_number == 200);
  CHECK(body(unasked.tx().response) == "a");
  CHECK(response_body("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\nwhat else comes") ==
        "what else comes");

  Flow tls;
  tls.request("OPTIONS * HTTP/1.1\r\nHost: h\r\nUpgrade: TLS/1.2\r\n\r\n");
  const ParseOutcome secured =
      tls.response("HTTP/1.1 101 Switching\r\nUpgrade: TLS/1.2, HTTP/1.1\r\n\r\n\x16");
  CHECK(secured.next_protocol == AppProto::tls);
  CHECK(secured.check_next);
  CHECK_FALSE(upgraded.check_next);
  CHECK(tls.held(Direction::to_client) == 1);
  CHECK(events(tls.tx()).empty());

  Flow unknown;
  unknown.request("GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: gopher\r\n\r\n");
  CHECK(unknown.response("HTTP/1.1 101 Switching\r\nUpgrade: gopher\r\n\r\n").next_protocol ==
        AppProto::unknown);
  CHECK(events(unknown.tx()) == " failed_protocol_change");
}

TEST_CASE("http: of a response that nobody asked for the request ends with what its client sends next") {
  constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
  constexpr auto kEnd = static_cast<std::uint8_t>(State::complete);
  Flow flow;
  flow.request(kGet);
  for (int i = 0; i < 3; ++i) flow.response(kAnswer);
  CHECK(flow.tx(1).progress == std::array<std::uint8_t, 2>{kEnd, kEnd});  // another one follows
  CHECK(flow.tx(2).progress == std::array<std::uint8_t, 2>{0, kEnd});
  flow.request("GET");
  CHECK(flow.tx(2).progress == std::array<std::uint8_t, 2>{kEnd, kEnd});
  Flow closed;
  closed.request(kGet);
  for (int i = 0; i < 2; ++i) closed.response(kAnswer);
  CHECK(closed.tx(1).progress[0] == 0);
  closed.close();
  CHECK(closed.tx(1).progress[0] == kEnd);
  Flow one_sided;
  one_sided.response(kAnswer);
  CHECK(one_sided.tx().progress == std::array<std::uint8_t, 2>{kEnd, kEnd});
}

TEST_CASE("http: a request without protocol is HTTP/0.9 unless headers follow") {
  Flow old;
  old.request("GET /x\r\n");
  old.response("all of it is body");
  old.close();
  CHECK(body(old.tx().response) == "all of it is body");

  Flow missing;
  missing.request("GET /x\r\nHost: h\r\nA: b\r\n\r\n");
  CHECK(missing.tx().request.header("a") == "b");
  CHECK(events(missing.tx()) == " request_line_missing_protocol");
}

TEST_CASE("http: headers behind a request line without protocol are found wherever segments end") {
  const std::string request = "GET /x\r\nHost: h\r\nA: b\r\n\r\n";
  for (std::size_t split = 1; split < request.size(); ++split) {
    CAPTURE(split);
    Flow flow;
    flow.request(request.substr(0, split));
    flow.request(request.substr(split));
    CHECK(flow.tx().request.header("a") == "b");
    CHECK(events(flow.tx()) == " request_line_missing_protocol");
  }
}

TEST_CASE("http: lines, headers and open transactions have limits") {
  Flow line;
  line.request("GET /" + std::string(http::kLongLineBytes, 'a'));
  CHECK(events(line.tx()) == " request_field_too_long");  // before the line ends
  line.request(" HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(line.tx().request.hostname == "h");

  Flow fields;
  std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (std::size_t i = 0; i < http::kMaxFields + 5; ++i) head += fmt::format("h{}: v\r\n", i);
  fields.request(head + "\r\n");
  CHECK(fields.tx().request.fields.size() == http::kMaxFields);
  CHECK(events(fields.tx()) == " request_too_many_headers");

  http::HttpSettings small;
  small.max_transaction_bytes = 20'000;
  Flow heavy{small};
  heavy.request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 30000\r\n\r\n" + std::string(30'000, 'x'));
  heavy.request("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(heavy.count() == 2);
  CHECK(heavy.tx(0).ended());
  CHECK(events(heavy.tx(0)) == " too_many_transactions");
}

TEST_CASE("http: a line of a head that is too long is cut, and what follows it is parsed") {
  const std::string rest(http::kMaxLineBytes, 'y');
  const std::string message =
      "GET / HTTP/1.1\r\nHost: h\r\nX: " + rest + "lost\r\nZ: z\r\n\r\nGET /2 HTTP/1.1\r\n\r\n";
  for (const std::size_t split :
       {message.size() - 1, std::size_t{100}, http::kMaxLineBytes, message.size() - 38}) {
    CAPTURE(split);
    Flow flow;
    flow.request(message.substr(0, split));
    flow.request(message.substr(split));
    REQUIRE(flow.count() == 2);
    CHECK(flow.tx(0).request.header("x") == std::string(http::kMaxLineBytes - 3, 'y'));
    CHECK(flow.tx(0).request.header("z") == "z");
    CHECK(events(flow.tx(0)) == " request_field_too_long");
    CHECK(flow.tx(1).request.normalised_uri == "/2");
  }
  Flow flow;
  flow.request("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  flow.response("HTTP/1.1 200 OK\r\nX: " + rest);
  flow.response(std::string(1000, 'y') + "\r");
  flow.response("\nContent-Length: 2\r\n\r\nhi");
  CHECK(body(flow.tx().response) == "hi");
}

TEST_CASE("http: requests beyond the limit of open ones are parsed, and the oldest end for them") {
  http::HttpSettings few;
  few.max_transactions = 3;
  Flow flow{few};
  for (int i = 0; i < 7; ++i)
    flow.request(fmt::format("{} /{} HTTP/1.1\r\nHost: h\r\n\r\n", i == 1 ? "HEAD" : "GET", i));
  CHECK_FALSE(flow.failed);
  REQUIRE(flow.count() == 7);
  CHECK(flow.tx(6).request.normalised_uri == "/6");
  CHECK(flow.tx(3).ended());
  CHECK_FALSE(flow.tx(4).ended());
  CHECK(events(flow.tx(3)) == " too_many_transactions");

  // The first four are gone, and there is no room: each response, which stands alone, pushes out one more.
  for (std::uint64_t i = 0; i < 4; ++i) flow.parser.transactions().release(i);
  for (int i = 0; i < 7; ++i)
    flow.response(
        fmt::format("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", i == 1 ? "" : std::to_string(i)));
  REQUIRE(flow.count() == 14);
  for (std::uint64_t i = 7; i < 14; ++i) {
    CAPTURE(i);
    CHECK(flow.tx(i).request_missing);
    CHECK(body(flow.tx(i).response) == (i == 8 ? "" : std::to_string(i - 7)));  // 8: to HEAD
  }
  CHECK(flow.tx(6).ended());
}

TEST_CASE("http: once those that were pushed out are answered, responses find their requests again") {
  http::HttpSettings few;
  few.max_transactions = 3;
  Flow flow{few};
  for (int i = 0; i < 5; ++i) flow.request(fmt::format("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", i));
  flow.parser.transactions().release(0);
  flow.parser.transactions().release(1);
  for (int i = 0; i < 5; ++i) {
    flow.response(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", i));
    if (i == 0) flow.parser.transactions().release(2);  // the first response has pushed it out
    if (i < 3) flow.parser.transactions().release(flow.count() - 1);
  }
  CHECK(flow.count() == 8);
  CHECK(body(flow.tx(3).response) == "3");
  CHECK(body(flow.tx(4).response) == "4");
}

TEST_CASE(
    "http: a message that is on its way is read to its end, however many requests push the others out") {
  http::HttpSettings few;
  few.max_transactions = 2;
  Flow flow{few};
  flow.request("GET /0 HTTP/1.1\r\nHost: h\r\n\r\n");
  flow.response("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  for (int i = 1; i < 5; ++i) flow.request("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  flow.response("world");
  CHECK_FALSE(flow.tx(0).ended());
  CHECK(body(flow.tx(0).response) == "helloworld");
  CHECK(flow.tx(0).complete(static_cast<std::uint8_t>(State::complete), Direction::to_client));
}

TEST_CASE("http: many requests at once are parsed in batches") {
  Flow flow;
  std::string requests;
  for (std::size_t i = 0; i < kTransactionBatch + 10; ++i) requests += "GET / HTTP/1.0\n\n";
  const ParseOutcome first = flow.request(requests);
  CHECK(first.paused);
  CHECK(flow.count() == kTransactionBatch);
  flow.parser.transactions().begin_batch();
  const ParseOutcome rest = flow.request("");
  CHECK_FALSE(rest.paused);
  CHECK(flow.count() == kTransactionBatch + 10);
}

TEST_CASE("http: the row in the table of protocols is complete") {
  CHECK(proto_http.complete(Direction::to_server) == static_cast<std::uint8_t>(State::complete));
  CHECK(proto_http.complete(Direction::to_client) == static_cast<std::uint8_t>(State::complete));
  CHECK(proto_http.configure(no_settings())->make() != nullptr);
  CHECK(proto_http.events[static_cast<std::size_t>(http::Event::missing_host_header)].eve ==
        "MISSING_HOST_HEADER");
}

TEST_CASE("http: a message is a frame, whose length is known when it has ended") {
  weir::test::FrameRecorder r(proto_http);
  const std::string first = "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
                    second = "GET /b HTTP/1.1\r\n\r\n";
  r.feed(Direction::to_server, first.substr(0, 30));
  CHECK(r.frames(Direction::to_server) == "request 0+?/0");
  r.feed(Direction::to_server, first.substr(30) + second);
  CHECK(r.frames(Direction::to_server) == "request 0+44/0, request 44+19/1");
  r.feed(Direction::to_client, "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\nto the end");
  CHECK(r.frames(Direction::to_client) == "response 0+27/0, response 27+?/1");
}

TEST_CASE("http: a gap outside a body ends the frame where the stream goes on") {
  weir::test::FrameRecorder r(proto_http);
  r.feed(Direction::to_server, "GET /a HTTP/1.1\r\nHost: ");
  REQUIRE(r.parser().on_gap(Direction::to_server, 10));
  r.feed(Direction::to_server, "GET /b HTTP/1.1\r\n\r\n");
  CHECK(r.frames(Direction::to_server).starts_with("request 0+"));
  CHECK(r.frames(Direction::to_server).find("?") == std::string::npos);
}

TEST_CASE("http: inline what is no head is shown as it comes, until a head follows") {
  Flow flow;
  flow.requested.at_once = true;
  flow.request(kGet);
  flow.response("some te");
  REQUIRE(flow.tx().response.body.ready());
  CHECK(body(flow.tx().response) == "some te");
  flow.response("xt\n");
  flow.response("more");
  CHECK(body(flow.tx().response) == "some text\nmore");
  CHECK(events(flow.tx()) == " response_invalid_protocol");

  Flow head;
  head.requested.at_once = true;
  head.request(kGet);
  head.response("some text\n");
  head.response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes");
  CHECK(head.tx().response.status_number == 200);
  CHECK(body(head.tx().response) == "yes");
  CHECK(events(head.tx()).empty());
}
