// One protocol follows upon another in a connection: what should follow does, something else does, or nothing that is known.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/decoders/app/tls/tls_builder.h"
#include "tests/engine/pipeline/inline_run.h"

using namespace weir;
using namespace weir::engine;
using weir::test::Connection;
using weir::test::InlineRun;

namespace {

constexpr std::string_view kRules =
    "alert http any any -> any any (http.method; content:\"OPTIONS\"; sid:1;)\n"
    "alert tls any any -> any any (tls.sni; content:\"www.example.com\"; sid:2;)\n"
    "alert http any any -> any any (http.uri; content:\"/second\"; sid:3;)\n"
    "alert ip any any -> any any (app-layer-event:applayer_no_tls_after_starttls; sid:4;)\n"
    "alert ip any any -> any any (app-layer-event:applayer_unexpected_protocol; sid:5;)\n"
    "alert dns any any -> any any (dns.query; content:\"a\"; sid:6;)\n"
    "alert doh2 any any -> any any (http.request_header; content:\"accept\"; sid:7;)\n";

// Each of them acknowledged by the other side.
class Talk {
 public:
  Talk() : frames(connection_.handshake()) {}
  Talk& client(std::string_view text) {
    frames.push_back(connection_.client(text));
    frames.push_back(connection_.server("", tcp_flag::ack));
    return *this;
  }
  Talk& server(std::string_view text) {
    frames.push_back(connection_.server(text));
    frames.push_back(connection_.client("", tcp_flag::ack));
    return *this;
  }
  // HTTP/1.1 asks for TLS in the same connection, and gets it.
  Talk& upgrade() {
    client("OPTIONS * HTTP/1.1\r\nHost: h\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n\r\n");
    return server(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.2, HTTP/1.1\r\nConnection: Upgrade\r\n\r\n");
  }

 private:
  Connection connection_;

 public:
  std::vector<std::string> frames;  // begin with what connection_ has opened
};

struct Run : InlineRun {
  explicit Run(const Talk& talk, bool prevent = false) : InlineRun(kRules, "", prevent) {
    play_all(talk.frames);
    finish();
  }
};

}  // namespace

TEST_CASE(
    "change of protocol: what was announced follows, and rules of both protocols see their transactions") {
  Talk talk;
  talk.upgrade()
      .client(test::tls_record(22, test::client_hello(test::usual_extensions())))
      .server(test::tls_record(22, test::server_hello("")));
  for (const bool prevent : {false, true}) {
    CAPTURE(prevent);
    const Run run(talk, prevent);
    CHECK(run.count("\"signature_id\":1,") == 1);
    CHECK(run.count("\"signature_id\":2,") == 1);
    CHECK(run.count("\"signature_id\":4,") == 0);
    CHECK(run.count("\"event_type\":\"anomaly\"") == 0);
    CHECK(run.count("\"event_type\":\"http\"") == 1);
    CHECK(run.count("\"event_type\":\"flow\"",
                    "\"app_proto\":\"tls\",\"app_proto_orig\":\"http\",\"flow\"") == 1);
  }
}

TEST_CASE("change of protocol: another protocol follows, which is told once and parsed as what it is") {
  Talk talk;
  talk.upgrade()
      .client("GET /second HTTP/1.1\r\nHost: h\r\n\r\n")
      .server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const Run run(talk);
  CHECK(run.count("\"signature_id\":3,") == 1);
  CHECK(run.count("\"signature_id\":4,") == 1);
  CHECK(run.count("\"signature_id\":5,") == 0);
  CHECK(run.count("APPLAYER_NO_TLS_AFTER_STARTTLS", "\"layer\":\"proto_detect\"") == 1);
  CHECK(run.count("\"event_type\":\"http\"") == 2);
  CHECK(run.count("\"event_type\":\"flow\"", "\"app_proto\":\"http\",\"app_proto_expected\":\"tls\"") == 1);
}

TEST_CASE("change of protocol: nothing that is known follows, which is told once") {
  Talk talk;
  talk.upgrade().client(std::string(300, 'x')).server(std::string(300, 'y')).client(std::string(300, 'z'));
  const Run run(talk);
  CHECK(run.count("\"signature_id\":4,") == 1);
  CHECK(run.count("APPLAYER_NO_TLS_AFTER_STARTTLS") == 1);
  CHECK(run.count("\"event_type\":\"flow\"", "\"app_proto\":\"failed\"") == 1);
}

TEST_CASE("change of protocol: detection begins anew, however much went before") {
  Talk talk;
  for (int i = 0; i < 40; ++i)
    talk.client("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4000\r\n\r\n" + std::string(4000, 'b'))
        .server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  talk.upgrade();
  const std::string hello = test::tls_record(22, test::client_hello(test::usual_extensions()));
  talk.client(hello.substr(0, 2))
      .client(hello.substr(2))
      .server(test::tls_record(22, test::server_hello("")));
  CHECK(Run(talk).count("\"signature_id\":2,") == 1);
}

TEST_CASE(
    "protocol change: HTTP/2 that carries DNS messages turns out to be DNS over HTTP/2, and is parsed on") {
  // HEADERS: the end of stream 1, literal fields (":path" has index 4).
  const std::string path = "/?dns=AAABAAABAAAAAAAAAWEAAAEAAQ", type = "application/dns-message";
  const std::string fields = std::string("\x04", 1) + static_cast<char>(path.size()) + path +
                             std::string(
                                 "\0\x06"
                                 "accept",
                                 8) +
                             static_cast<char>(type.size()) + type;
  Talk talk;
  talk.client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0", 2) + static_cast<char>(fields.size()) +
              std::string("\x01\x05\0\0\0\x01", 6) + fields);
  Run run(talk);
  CHECK(run.count("\"event_type\":\"dns\"", "\"rrname\":\"a\"") == 1);
  CHECK(run.count("\"signature_id\":6,") == 1);
  CHECK(run.count("\"signature_id\":7,") == 1);
  CHECK(run.count("\"event_type\":\"flow\"", "\"app_proto\":\"doh2\",\"app_proto_orig\":\"http2\"") == 1);
}
