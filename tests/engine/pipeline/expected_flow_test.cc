// Flows that another one announces, through the whole pipeline: FTP's data connections.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "decoders/app/protocol_ids.h"
#include "engine/flow/app_state.h"
#include "tests/engine/pipeline/inline_run.h"

using namespace weir;
using namespace weir::engine;
using weir::test::Connection;
using weir::test::FrameAddress;
using weir::test::InlineRun;

namespace {

constexpr std::uint32_t kClient = 0x0a000001, kServer = 0x0a000002;

constexpr std::string_view kRules =
    "alert ftp-data any any -> any any (file.data; content:\"secret\"; sid:1;)\n"
    "alert ftp-data any any -> any any (flow:to_client; ftpdata_command:retr; sid:2;)\n"
    "alert ftp-data any any -> any any (flow:to_server; ftpdata_command:stor; sid:3;)\n"
    "alert http any any -> any any (http.uri; content:\"/\"; sid:4;)\n";

struct Session {
  Session() : control({kClient, 40000}, {kServer, 21}), frames(control.handshake()) {}
  Session& client(std::string_view text) {
    return add(control.client(text), control.server("", tcp_flag::ack));
  }
  Session& server(std::string_view text) {
    return add(control.server(text), control.client("", tcp_flag::ack));
  }
  Session& add(std::string a, std::string b) {
    frames.push_back(std::move(a));
    frames.push_back(std::move(b));
    return *this;
  }
  // A connection of its own that one side fills.
  Session& data(FrameAddress from, FrameAddress to, bool by_opener, std::string_view text) {
    Connection c(from, to);
    for (std::string& frame : c.handshake()) frames.push_back(std::move(frame));
    return by_opener ? add(c.client(text), c.server("", tcp_flag::ack))
                     : add(c.server(text), c.client("", tcp_flag::ack));
  }

  Connection control;
  std::vector<std::string> frames;
};

struct Run : InlineRun {
  explicit Run(const Session& session, bool prevent = false) : InlineRun(kRules, "", prevent) {
    play_all(session.frames);
    finish();
  }
};

}  // namespace

TEST_CASE(
    "expected flow: a passive download is what its control connection said, whatever its bytes look like") {
  Session s;
  s.server("220 (x)\r\n")
      .client("USER a\r\n")
      .server("230 in\r\n")
      .client("PASV\r\n")
      .server("227 (10,0,0,2,78,32)\r\n");
  s.client("RETR f.txt\r\n").server("150 go\r\n");
  s.data({kClient, 40001}, {kServer, 20000}, false, "HTTP/1.1 200 OK\r\n\r\nsecret");
  for (const bool prevent : {false, true}) {
    CAPTURE(prevent);
    const Run run(s, prevent);
    CHECK(run.count("\"signature_id\":1,", "\"parent_id\":") == 1);
    CHECK(run.count("\"signature_id\":2,") == 1);
    CHECK(run.count("\"signature_id\":3,") == 0);
    CHECK(run.count("\"event_type\":\"flow\"", "\"app_proto\":\"ftp-data\",\"flow\"") == 1);
    CHECK(run.count("\"event_type\":\"flow\"", "\"parent_id\":") == 1);
    CHECK(run.pipeline.counters().flows_expected == 1);
    CHECK(run.pipeline.counters().flows_met == 1);
  }
}

TEST_CASE("expected flow: an active upload that begins like a request is no request") {
  Session s;
  s.client("USER a\r\n")
      .client("PORT 10,0,0,1,4,1\r\n")
      .server("200 ok\r\n")
      .client("STOR f.txt\r\n")
      .server("150 go\r\n");
  s.data({kServer, 20}, {kClient, 1025}, false, "GET /secret HTTP/1.1\r\n\r\n");
  const Run run(s);
  CHECK(run.count("\"signature_id\":1,") == 1);
  CHECK(run.count("\"signature_id\":3,") == 1);
  CHECK(run.count("\"signature_id\":4,") == 0);
}

TEST_CASE("expected flow: another port, other hosts or a second connection are not expected") {
  Session s;
  s.client("USER a\r\n")
      .client("PORT 10,0,0,1,4,1\r\n")
      .server("200 ok\r\n")
      .client("RETR f.txt\r\n")
      .server("150 go\r\n");
  const std::string_view request = "GET /secret HTTP/1.1\r\nHost: h\r\n\r\n";
  s.data({kServer, 20}, {kClient, 1026}, true, request);
  s.data({kServer + 1, 20}, {kClient, 1025}, true, request);
  s.data({kServer, 20}, {kClient, 1025}, true, "a file");
  s.data({kServer, 21}, {kClient, 1025}, true, request);
  const Run run(s);
  CHECK(run.count("\"signature_id\":4,") == 3);
  CHECK(run.count("\"event_type\":\"flow\"", "\"app_proto\":\"ftp-data\"") == 1);
}

TEST_CASE("expected flow: a connection that was picked up midway is turned the right way round") {
  Session s;
  s.client("USER a\r\n")
      .client("PORT 10,0,0,1,4,1\r\n")
      .server("200 ok\r\n")
      .client("STOR f.txt\r\n")
      .server("150 go\r\n");
  Connection data({kServer, 20}, {kClient, 1025});
  (void)data.handshake();
  s.add(data.server("secret bytes"), data.client("", tcp_flag::ack));
  s.add(data.server("and more"), data.client("", tcp_flag::ack));
  InlineRun run(kRules, "stream: {midstream: true}\n", false);
  run.play_all(s.frames);
  run.finish();
  CHECK(run.count("\"signature_id\":1,") == 1);
  CHECK(run.count("\"event_type\":\"flow\"", "\"src_port\":20,\"dest_ip\":\"10.0.0.1\",\"dest_port\":1025") ==
        1);
}

TEST_CASE("expected flow: of a file that no rule looks at nothing is kept") {
  const std::string_view rules[] = {"", "pass tcp any any -> any any (sid:1;)",
                                    "drop tcp any any -> any 21 (sid:1;)"};
  for (const std::string_view text : rules)
    for (const bool download : {false, true}) {
      CAPTURE(text);
      CAPTURE(download);
      InlineRun run(text, "stream: {reassembly: {depth: 0}}\n", false);
      Connection control({0x0a000001, 40000}, {0x0a000002, 21}),
          data({0x0a000001, 40001}, {0x0a000002, 20000});
      run.play_all(control.handshake());
      for (const char* command : {"USER a\r\n", "PASV\r\n"})
        run.play_all({control.client(command), control.server("", tcp_flag::ack)});
      run.play_all({control.server("331 x\r\n227 (10,0,0,2,78,32)\r\n"), control.client("", tcp_flag::ack)});
      run.play_all({control.client("STOR a\r\n"), control.server("", tcp_flag::ack)});
      run.play_all(data.handshake());
      const std::string piece(1400, 'x');
      for (int i = 0; i < 500; ++i)
        run.play_all({download ? data.server(piece) : data.client(piece),
                      download ? data.client("", tcp_flag::ack) : data.server("", tcp_flag::ack)});
      CHECK(run.pipeline.memory().stream_data < 20'000);
      run.pipeline.flows().visit(0, 1000, [&](const Flow& flow) {
        if (flow.app == nullptr || flow.app->parser == nullptr || flow.app->protocol != AppProto::ftp_data)
          return;
        CHECK(flow.app->parser->transactions().first()->held() < 100'000);
      });
      run.finish();
      if (text.empty()) CHECK(run.count("\"app_proto\":\"ftp-data\"") == 1);
    }
}
